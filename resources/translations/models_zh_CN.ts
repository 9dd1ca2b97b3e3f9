<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>BadgeLegend</name>
    <message>
        <source>rejected</source>
        <translation>已排除</translation>
    </message>
    <message>
        <source>held out</source>
        <translation>留作评判</translation>
    </message>
    <message>
        <source>near-duplicate</source>
        <translation>近似重复</translation>
    </message>
    <message>
        <source>burst</source>
        <translation>连拍</translation>
    </message>
</context>
<context>
    <name>CompareModels</name>
    <message>
        <source>Compare two models</source>
        <translation>比较两个模型</translation>
    </message>
    <message>
        <source>Repairing with both models</source>
        <translation>正在用两个模型修复</translation>
    </message>
    <message>
        <source>What is marked in the visible part, filled by each model</source>
        <translation>可见部分中已标记的位置，由两个模型分别填补</translation>
    </message>
    <message>
        <source>Model {0}</source>
        <translation>模型 {0}</translation>
    </message>
    <message>
        <source>Another model repairs the same places</source>
        <translation>换一个模型修复同样的位置</translation>
    </message>
    <message>
        <source>Result {0}</source>
        <translation>结果 {0}</translation>
    </message>
    <message>
        <source>Take this one</source>
        <translation>采用这个</translation>
    </message>
    <message>
        <source>The repair becomes a step of the history</source>
        <translation>这次修复会成为历史记录中的一步</translation>
    </message>
</context>
<context>
    <name>Corrections</name>
    <message>
        <source>&amp;Keep masks that I correct in the editor</source>
        <translation>保留我在编辑器中修正的蒙版(&amp;K)</translation>
    </message>
    <message>
        <source>Keep masks that I correct in the editor</source>
        <translation>保留我在编辑器中修正的蒙版</translation>
    </message>
    <message>
        <source>When you export, photograph and mask are copied into the library on this computer</source>
        <translation>导出时，照片和蒙版会复制到这台电脑上的模型库中</translation>
    </message>
    <message>
        <source>Train on &amp;them</source>
        <translation>用它们训练(&amp;M)</translation>
    </message>
    <message>
        <source>These photographs instead of your folders</source>
        <translation>用这些照片代替您的文件夹</translation>
    </message>
    <message>
        <source>Delete them</source>
        <translation>删除它们</translation>
    </message>
    <message>
        <source>Deletes the copies, not your photographs</source>
        <translation>只删除副本，不删除您的照片</translation>
    </message>
    <message>
        <source>{0} kept</source>
        <translation>已保留 {0} 个</translation>
    </message>
    <message>
        <source>Delete all kept masks?</source>
        <translation>删除所有保留的蒙版？</translation>
    </message>
    <message>
        <source>Your photographs are not touched.</source>
        <translation>您的照片不受影响。</translation>
    </message>
</context>
<context>
    <name>CustomForm</name>
    <message>
        <source>Times that the weights are changed</source>
        <translation>权重被改变的次数</translation>
    </message>
    <message>
        <source>Ste&amp;ps</source>
        <translation>步数(&amp;P)</translation>
    </message>
    <message>
        <source>More is steadier and takes more memory</source>
        <translation>越多越稳，也更占内存</translation>
    </message>
    <message>
        <source>Crops per s&amp;tep</source>
        <translation>每步的裁片数(&amp;T)</translation>
    </message>
    <message>
        <source>Larger holes need larger crops</source>
        <translation>较大的破洞需要较大的裁片</translation>
    </message>
    <message>
        <source>Cr&amp;op, pixels</source>
        <translation>裁片边长，像素(&amp;O)</translation>
    </message>
    <message>
        <source>All of them</source>
        <translation>全部</translation>
    </message>
    <message>
        <source>The first half</source>
        <translation>前一半</translation>
    </message>
    <message>
        <source>The last half</source>
        <translation>后一半</translation>
    </message>
    <message>
        <source>Only the offsets</source>
        <translation>只有偏置</translation>
    </message>
    <message>
        <source>Fewer layers learn less and forget less; the rest stays as it is</source>
        <translation>层越少，学得越少，忘得也越少；其余保持不变</translation>
    </message>
    <message>
        <source>La&amp;yers that learn</source>
        <translation>参与学习的层(&amp;Y)</translation>
    </message>
    <message>
        <source>How boldly; too much forgets</source>
        <translation>改动的幅度；太大会忘记已学的</translation>
    </message>
    <message>
        <source>Learning &amp;rate</source>
        <translation>学习率(&amp;R)</translation>
    </message>
    <message>
        <source>More keeps closer to the shipped model</source>
        <translation>越大越接近原来的模型</translation>
    </message>
    <message>
        <source>P&amp;ull to the old weights</source>
        <translation>拉回旧权重的力度(&amp;U)</translation>
    </message>
    <message>
        <source>Practised besides yours, so that nothing is forgotten</source>
        <translation>与您的照片一起练习，以免忘记</translation>
    </message>
    <message>
        <source>Share of shipp&amp;ed pictures</source>
        <translation>自带图片的比例(&amp;E)</translation>
    </message>
    <message>
        <source>Loss: difference</source>
        <translation>损失：差值</translation>
    </message>
    <message>
        <source>Mean distance of the values in the hole (L1)</source>
        <translation>破洞内数值的平均差（L1）</translation>
    </message>
    <message>
        <source>Loss: PSNR</source>
        <translation>损失：PSNR</translation>
    </message>
    <message>
        <source>Logarithm of the mean square in the hole</source>
        <translation>破洞内均方误差的对数</translation>
    </message>
    <message>
        <source>Loss: coarse structure</source>
        <translation>损失：粗略结构</translation>
    </message>
    <message>
        <source>The difference of reduced pictures</source>
        <translation>缩小后图片的差值</translation>
    </message>
    <message>
        <source>Loss: square</source>
        <translation>损失：平方</translation>
    </message>
    <message>
        <source>Mean square in the hole (L2): large errors count most</source>
        <translation>破洞内的均方误差（L2）：大误差占比最重</translation>
    </message>
    <message>
        <source>Loss: each pixel</source>
        <translation>损失：逐像素</translation>
    </message>
    <message>
        <source>Cross-entropy of damaged or not</source>
        <translation>损坏与否的交叉熵</translation>
    </message>
    <message>
        <source>Loss: overlap</source>
        <translation>损失：重叠</translation>
    </message>
    <message>
        <source>Dice: how far the marked areas agree</source>
        <translation>Dice：标出的区域有多吻合</translation>
    </message>
</context>
<context>
    <name>Duration</name>
    <message>
        <source>less than a minute</source>
        <translation>不到一分钟</translation>
    </message>
    <message>
        <source>about {0} min</source>
        <translation>约 {0} 分钟</translation>
    </message>
    <message>
        <source>about {0} h {1} min</source>
        <translation>约 {0} 小时 {1} 分钟</translation>
    </message>
</context>
<context>
    <name>FolderField</name>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>选择…</translation>
    </message>
    <message>
        <source>Choose: {0}</source>
        <translation>选择：{0}</translation>
    </message>
    <message>
        <source>Without a folder</source>
        <translation>不使用文件夹</translation>
    </message>
    <message>
        <source>Clear: {0}</source>
        <translation>清除：{0}</translation>
    </message>
</context>
<context>
    <name>FoldersPage</name>
    <message>
        <source>Your photographs</source>
        <translation>您的照片</translation>
    </message>
    <message>
        <source>Choose folders of good photographs of your own, the more alike to those you repair the better. Nothing leaves this computer, and nothing is written into these folders.</source>
        <translation>请选择您自己的完好照片所在的文件夹，与要修复的照片越相似越好。任何内容都不会离开这台电脑，也不会向这些文件夹写入任何东西。</translation>
    </message>
    <message>
        <source>&amp;Go on with it</source>
        <translation>继续(&amp;G)</translation>
    </message>
    <message>
        <source>Resume from the last checkpoint</source>
        <translation>从上一个检查点继续</translation>
    </message>
    <message>
        <source>&amp;Discard it</source>
        <translation>丢弃(&amp;D)</translation>
    </message>
    <message>
        <source>Delete its checkpoint for good</source>
        <translation>永久删除其检查点</translation>
    </message>
    <message>
        <source>Folders</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>&amp;Add folder…</source>
        <translation>添加文件夹(&amp;A)…</translation>
    </message>
    <message>
        <source>Folders can be dropped here as well</source>
        <translation>也可以把文件夹拖放到这里</translation>
    </message>
    <message>
        <source>&amp;Remove</source>
        <translation>移除(&amp;R)</translation>
    </message>
    <message>
        <source>Take the selected folder off the list; it is not deleted</source>
        <translation>从列表中移除所选文件夹；不会删除它</translation>
    </message>
    <message>
        <source>&amp;Look again</source>
        <translation>重新浏览(&amp;L)</translation>
    </message>
    <message>
        <source>When photographs were added, changed or taken away since</source>
        <translation>此后添加、更改或移走过照片时使用</translation>
    </message>
    <message>
        <source>What was found</source>
        <translation>扫描结果</translation>
    </message>
    <message>
        <source>to train on</source>
        <translation>用于训练</translation>
    </message>
    <message>
        <source>The model learns from these</source>
        <translation>模型从这些照片中学习</translation>
    </message>
    <message>
        <source>held out to judge</source>
        <translation>留作评判</translation>
    </message>
    <message>
        <source>Never trained on; no scene has photographs in both parts</source>
        <translation>从不用于训练；同一场景的照片不会同时出现在两边</translation>
    </message>
    <message>
        <source>rejected by you</source>
        <translation>被您排除</translation>
    </message>
    <message>
        <source>Not used at all</source>
        <translation>完全不使用</translation>
    </message>
    <message>
        <source>unreadable</source>
        <translation>无法读取</translation>
    </message>
    <message>
        <source>See the tab “Not used” for the reasons</source>
        <translation>原因见“未使用”标签页</translation>
    </message>
    <message>
        <source>too small</source>
        <translation>太小</translation>
    </message>
    <message>
        <source>Sides below 160 pixels teach nothing</source>
        <translation>边长不足 160 像素的照片学不到东西</translation>
    </message>
    <message>
        <source>near-duplicates</source>
        <translation>近似重复</translation>
    </message>
    <message>
        <source>Stay together on one side of the split</source>
        <translation>始终分在同一边</translation>
    </message>
    <message>
        <source>in bursts</source>
        <translation>连拍</translation>
    </message>
    <message>
        <source>Taken within seconds, or neighbours that look alike; stay together as well</source>
        <translation>几秒内拍摄，或相邻且相似；也始终分在同一边</translation>
    </message>
    <message>
        <source>black-and-white</source>
        <translation>黑白</translation>
    </message>
    <message>
        <source>Share of the usable photographs</source>
        <translation>占可用照片的比例</translation>
    </message>
    <message>
        <source>Files that are not used, with the reasons</source>
        <translation>未使用的文件及原因</translation>
    </message>
    <message>
        <source>Photographs</source>
        <translation>照片</translation>
    </message>
    <message>
        <source>Not used</source>
        <translation>未使用</translation>
    </message>
    <message>
        <source>All</source>
        <translation>全部</translation>
    </message>
    <message>
        <source>To train on</source>
        <translation>用于训练</translation>
    </message>
    <message>
        <source>Held out</source>
        <translation>留作评判</translation>
    </message>
    <message>
        <source>Rejected</source>
        <translation>已排除</translation>
    </message>
    <message>
        <source>Near-duplicates</source>
        <translation>近似重复</translation>
    </message>
    <message>
        <source>Bursts</source>
        <translation>连拍</translation>
    </message>
    <message>
        <source>Which photographs are shown</source>
        <translation>显示哪些照片</translation>
    </message>
    <message>
        <source>Re&amp;ject / take back</source>
        <translation>排除／恢复(&amp;J)</translation>
    </message>
    <message>
        <source>Documents, screenshots and the like teach nothing about photographs (Space)</source>
        <translation>文档、截图之类对照片修复没有帮助（空格键）</translation>
    </message>
    <message>
        <source>Looking through the folders</source>
        <translation>正在查看文件夹</translation>
    </message>
    <message>
        <source>Drop folders here, or click to choose one.</source>
        <translation>把文件夹拖到这里，或点击选择。</translation>
    </message>
    <message>
        <source>Folder of photographs</source>
        <translation>照片文件夹</translation>
    </message>
    <message>
        <source>Looking through folders</source>
        <translation>查看文件夹</translation>
    </message>
    <message>
        <source>The folders could not be looked through.</source>
        <translation>无法查看这些文件夹。</translation>
    </message>
    <message>
        <source>Not used ({0})</source>
        <translation>未使用（{0}）</translation>
    </message>
    <message>
        <source>“{0}” is trained; its verdict is waiting.</source>
        <translation>“{0}”已训练完毕，结论待您查看。</translation>
    </message>
    <message>
        <source>The training “{0}” was not finished: step {1} of {2}.</source>
        <translation>训练“{0}”尚未完成：第 {1} 步，共 {2} 步。</translation>
    </message>
</context>
<context>
    <name>GoalPage</name>
    <message>
        <source>What should get better?</source>
        <translation>希望改进什么？</translation>
    </message>
    <message>
        <source>A copy of a model learns; the one that came with the program is never changed. Below you see what it will practise on, drawn over your own photographs.</source>
        <translation>学习的是模型的副本；程序自带的模型绝不会被改动。下面可以看到它将练习的内容，画在您自己的照片上。</translation>
    </message>
    <message>
        <source>Filling damage</source>
        <translation>填补损坏</translation>
    </message>
    <message>
        <source>The generator that repairs: it learns how your pictures look beneath scratches and holes.</source>
        <translation>负责修复的生成器：学习您的照片在划痕和破洞之下的样子。</translation>
    </message>
    <message>
        <source>Finding damage</source>
        <translation>查找损坏</translation>
    </message>
    <message>
        <source>The detector: it learns from masks that you have corrected, one for each photograph.</source>
        <translation>检测器：从您修正过的蒙版中学习，每张照片一个蒙版。</translation>
    </message>
    <message>
        <source>Model to start from</source>
        <translation>起始模型</translation>
    </message>
    <message>
        <source>Any model of the library that can be trained</source>
        <translation>模型库中任何可训练的模型</translation>
    </message>
    <message>
        <source>Model to start &amp;from</source>
        <translation>起始模型(&amp;F)</translation>
    </message>
    <message>
        <source>Damage like yours</source>
        <translation>与您的照片相似的损坏</translation>
    </message>
    <message>
        <source>Scratches and hairs</source>
        <translation>划痕与毛发</translation>
    </message>
    <message>
        <source>Thin lines</source>
        <translation>细线</translation>
    </message>
    <message>
        <source>Dust and spots</source>
        <translation>灰尘与斑点</translation>
    </message>
    <message>
        <source>Small and large blots</source>
        <translation>大大小小的斑块</translation>
    </message>
    <message>
        <source>Folds and strokes</source>
        <translation>折痕与粗线</translation>
    </message>
    <message>
        <source>Broad lines, as creases and tape leave them</source>
        <translation>折痕和胶带留下的宽线</translation>
    </message>
    <message>
        <source>Missing pieces</source>
        <translation>缺损</translation>
    </message>
    <message>
        <source>Torn corners and large holes</source>
        <translation>撕掉的角和大破洞</translation>
    </message>
    <message>
        <source>Faint damage</source>
        <translation>轻微损坏</translation>
    </message>
    <message>
        <source>0 % trains on plain damage only, 100 % on hardly visible one too</source>
        <translation>0 % 只练习明显的损坏，100 % 也包括几乎看不见的</translation>
    </message>
    <message>
        <source>Your corrected masks</source>
        <translation>您修正过的蒙版</translation>
    </message>
    <message>
        <source>Pictures named like the photographs, white where damage is; export them from the editor</source>
        <translation>与照片同名的图片，损坏处为白色；可从编辑器导出</translation>
    </message>
    <message>
        <source>Real damage to imitate (optional)</source>
        <translation>要模仿的真实损坏（可选）</translation>
    </message>
    <message>
        <source>Pictures with white damage on black: your own masks, or scans of scratched film</source>
        <translation>黑底白色损坏的图片：您自己的蒙版，或有划痕的胶片扫描</translation>
    </message>
    <message>
        <source>Shapes of the masks that I &amp;corrected</source>
        <translation>用我修正过的蒙版的形状(&amp;C)</translation>
    </message>
    <message>
        <source>Cut out of the masks that the editor has kept with your consent</source>
        <translation>取自编辑器经您同意保留的蒙版</translation>
    </message>
    <message>
        <source>&amp;Other examples</source>
        <translation>换一批示例(&amp;O)</translation>
    </message>
    <message>
        <source>Draw the damage anew</source>
        <translation>重新绘制损坏</translation>
    </message>
    <message>
        <source>On your photographs</source>
        <translation>在您的照片上</translation>
    </message>
    <message>
        <source>White is what it has to fill. Where a photograph looks damaged already, nothing is learnt.</source>
        <translation>白色是它要填补的部分。照片中原本看起来已损坏的地方不参与学习。</translation>
    </message>
    <message>
        <source>Orange outlines show what it has to find. Your own masks are taken as they are.</source>
        <translation>橙色轮廓是它要找出的部分。您自己的蒙版会原样使用。</translation>
    </message>
    <message>
        <source>Damage preview</source>
        <translation>损坏预览</translation>
    </message>
    <message>
        <source>The preview could not be drawn.</source>
        <translation>无法绘制预览。</translation>
    </message>
</context>
<context>
    <name>GridView</name>
    <message>
        <source>Photographs</source>
        <translation>照片</translation>
    </message>
    <message>
        <source>Space rejects the selected ones or takes them back</source>
        <translation>空格键排除或恢复所选照片</translation>
    </message>
</context>
<context>
    <name>ImportDialog</name>
    <message>
        <source>Import model</source>
        <translation>导入模型</translation>
    </message>
    <message>
        <source>Download model</source>
        <translation>下载模型</translation>
    </message>
    <message>
        <source>Nothing is downloaded unless you ask for it here. If the connection breaks off, the download goes on where it stopped.</source>
        <translation>只有您在这里要求时才会下载。连接中断后，会从停下的地方继续。</translation>
    </message>
    <message>
        <source>like the file</source>
        <translation>与文件同名</translation>
    </message>
    <message>
        <source>author or address, optional</source>
        <translation>作者或网址，可不填</translation>
    </message>
    <message>
        <source>&amp;Address</source>
        <translation>地址(&amp;A)</translation>
    </message>
    <message>
        <source>64 digits, as the author states them</source>
        <translation>64 位，以作者公布的为准</translation>
    </message>
    <message>
        <source>64 digits, if the author states them</source>
        <translation>64 位，作者公布时填写</translation>
    </message>
    <message>
        <source>Of the file of the model itself, not of a page about it; https</source>
        <translation>模型文件本身的 https 地址，而不是介绍页面</translation>
    </message>
    <message>
        <source>&amp;Name</source>
        <translation>名称(&amp;N)</translation>
    </message>
    <message>
        <source>How the library calls it</source>
        <translation>在模型库中的名称</translation>
    </message>
    <message>
        <source>&amp;Licence</source>
        <translation>许可证(&amp;L)</translation>
    </message>
    <message>
        <source>What the author allows; look at where the file comes from</source>
        <translation>作者允许的用途；请查看文件来源</translation>
    </message>
    <message>
        <source>&amp;Origin</source>
        <translation>来源(&amp;O)</translation>
    </message>
    <message>
        <source>Kept in the model card</source>
        <translation>记录在模型卡中</translation>
    </message>
    <message>
        <source>&amp;SHA-256</source>
        <translation>&amp;SHA-256</translation>
    </message>
    <message>
        <source>Compared before anything is read</source>
        <translation>读取之前先核对</translation>
    </message>
    <message>
        <source>Without a licence you do not know what the author allows: the model works all the same, but ask before you use it for more than a trial, or pass it on.</source>
        <translation>没有许可证，就不知道作者允许什么：模型照样可用，但若不只是试用，或要转给他人，请先询问作者。</translation>
    </message>
    <message>
        <source>This licence does not allow commercial use.</source>
        <translation>此许可证不允许商业使用。</translation>
    </message>
    <message>
        <source>A SHA-256 checksum has {0} digits, 0 to 9 and a to f.</source>
        <translation>SHA-256 校验和有 {0} 位，由 0 到 9 和 a 到 f 组成。</translation>
    </message>
    <message>
        <source>Try it out and import</source>
        <translation>试运行并导入</translation>
    </message>
    <message>
        <source>Download and import</source>
        <translation>下载并导入</translation>
    </message>
    <message>
        <source>The file is read without running any code in it. The model then fills a small picture; only if that works is it taken into the library.</source>
        <translation>读取文件时不会运行其中的任何代码。随后模型会填补一张小图；成功后才会收入模型库。</translation>
    </message>
</context>
<context>
    <name>IntervalChart</name>
    <message>
        <source>Gain and its interval</source>
        <translation>提升及其区间</translation>
    </message>
    <message>
        <source>◀ worse</source>
        <translation>◀ 变差</translation>
    </message>
    <message>
        <source>no change</source>
        <translation>不变</translation>
    </message>
    <message>
        <source>better ▶</source>
        <translation>变好 ▶</translation>
    </message>
    <message>
        <source>Bar: mean gain.  ├──┤ 95 of 100 times the true gain lies here.  Dotted: what is needed.</source>
        <translation>色条：平均提升。├──┤ 真实提升有 95% 的可能在此范围内。虚线：所需的最低值。</translation>
    </message>
</context>
<context>
    <name>ModelActions</name>
    <message>
        <source>Training</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>The running batch needs the model “{0}”: let it end first, or cancel it.</source>
        <translation>正在运行的批处理需要模型“{0}”：请先等它结束，或取消它。</translation>
    </message>
    <message>
        <source>The running training started from “{0}”: let it end first, or stop it.</source>
        <translation>正在运行的训练以“{0}”为起始模型：请先等它结束，或停止它。</translation>
    </message>
    <message>
        <source>Open a photograph and mark its damage first; then both models repair it.</source>
        <translation>请先打开一张照片并标记损坏，然后由两个模型修复。</translation>
    </message>
    <message>
        <source>Wait until the running work has ended.</source>
        <translation>请等待当前工作结束。</translation>
    </message>
    <message>
        <source>Nothing is marked in the part of the photograph that is visible.</source>
        <translation>照片的可见部分中没有标记任何内容。</translation>
    </message>
    <message>
        <source>Keeping a corrected mask</source>
        <translation>保留修正过的蒙版</translation>
    </message>
</context>
<context>
    <name>ModelFacts</name>
    <message>
        <source>Model card</source>
        <translation>模型卡</translation>
    </message>
    <message>
        <source>About</source>
        <translation>概况</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Task</source>
        <translation>任务</translation>
    </message>
    <message>
        <source>Architecture</source>
        <translation>架构</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>许可证</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>来源</translation>
    </message>
    <message>
        <source>Trained on</source>
        <translation>训练数据</translation>
    </message>
    <message>
        <source>Started from</source>
        <translation>起始模型</translation>
    </message>
    <message>
        <source>Date</source>
        <translation>日期</translation>
    </message>
    <message>
        <source>{0}; ask the author what is allowed</source>
        <translation>{0}；请询问作者允许什么</translation>
    </message>
</context>
<context>
    <name>ModelTable</name>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Task</source>
        <translation>任务</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>来源</translation>
    </message>
    <message>
        <source>Architecture</source>
        <translation>架构</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>许可证</translation>
    </message>
    <message>
        <source>Date</source>
        <translation>日期</translation>
    </message>
    <message>
        <source>Score</source>
        <translation>得分</translation>
    </message>
    <message>
        <source>default</source>
        <translation>默认</translation>
    </message>
    <message>
        <source>Used unless you choose another</source>
        <translation>未另行选择时使用</translation>
    </message>
    <message>
        <source>Kept although the verdict was against it.</source>
        <translation>尽管结论不支持，仍予保留。</translation>
    </message>
</context>
<context>
    <name>ModelTitles</name>
    <message>
        <source>Damage detector</source>
        <translation>损坏检测器</translation>
    </message>
</context>
<context>
    <name>Models</name>
    <message>
        <source>“{0}” passed its trial run and is in the library now: {1}, {2}, licence {3}.</source>
        <translation>“{0}”已通过试运行并收入模型库：{1}，{2}，许可证 {3}。</translation>
    </message>
    <message>
        <source>The same weights are there already: {0}.</source>
        <translation>库中已有相同的权重：{0}。</translation>
    </message>
    <message>
        <source>your photographs</source>
        <translation>您的照片</translation>
    </message>
    <message>
        <source>your photographs at detail {0}</source>
        <translation>您的照片，细节 {0}</translation>
    </message>
    <message>
        <source>replay set</source>
        <translation>自带图片</translation>
    </message>
    <message>
        <source>PSNR in the hole</source>
        <translation>破洞内 PSNR</translation>
    </message>
    <message>
        <source>F1 within 2 px</source>
        <translation>F1（容差 2 像素）</translation>
    </message>
    <message>
        <source>Fills damage</source>
        <translation>填补损坏</translation>
    </message>
    <message>
        <source>Finds damage</source>
        <translation>查找损坏</translation>
    </message>
    <message>
        <source>Enlarges</source>
        <translation>放大</translation>
    </message>
    <message>
        <source>Restores faces</source>
        <translation>修复人脸</translation>
    </message>
    <message>
        <source>PSNR: how close fills come to what was there, in decibels; more is better. In brackets: another method, or the gain. Texture, seam and HaarPSI are ideal at 1.</source>
        <translation>PSNR：填补结果与原貌有多接近，以分贝计，越大越好。括号内是另一种方法的结果，或提升的幅度。纹理、接缝和 HaarPSI 以 1 为理想值。</translation>
    </message>
    <message>
        <source>F1: 1 if all damage and nothing else is found, 0 if none is.</source>
        <translation>F1：找出全部损坏且没有误判时为 1，一处也没找到时为 0。</translation>
    </message>
    <message>
        <source>{0} photographs, see the model card</source>
        <translation>{0} 张照片，详见模型卡</translation>
    </message>
    <message>
        <source>Cleans</source>
        <translation>清理</translation>
    </message>
    <message>
        <source>shipped</source>
        <translation>自带</translation>
    </message>
    <message>
        <source>fine-tuned</source>
        <translation>微调</translation>
    </message>
    <message>
        <source>imported</source>
        <translation>导入</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>未知</translation>
    </message>
    <message>
        <source>{0} → {1} ({2}, 95 % {3} to {4}, {5} photographs, {6} better)</source>
        <translation>{0} → {1}（{2}，95 % 区间 {3} 至 {4}；{5} 张照片，其中 {6} 张变好）</translation>
    </message>
    <message>
        <source>{0}, {1}</source>
        <translation>{0}，{1}</translation>
    </message>
</context>
<context>
    <name>ModelsPanel</name>
    <message>
        <source>Model library</source>
        <translation>模型库</translation>
    </message>
    <message>
        <source>&amp;Stop</source>
        <translation>停止(&amp;S)</translation>
    </message>
    <message>
        <source>What was fetched is kept for another time</source>
        <translation>已下载的部分会保留，供下次继续</translation>
    </message>
    <message>
        <source>&amp;Import…</source>
        <translation>导入(&amp;I)…</translation>
    </message>
    <message>
        <source>D&amp;ownload…</source>
        <translation>下载(&amp;O)…</translation>
    </message>
    <message>
        <source>&amp;Train on own photographs…</source>
        <translation>用自己的照片训练(&amp;T)…</translation>
    </message>
    <message>
        <source>Opens the training wizard</source>
        <translation>打开训练向导</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>&amp;Use by default</source>
        <translation>设为默认(&amp;U)</translation>
    </message>
    <message>
        <source>Roll &amp;back</source>
        <translation>回退(&amp;B)</translation>
    </message>
    <message>
        <source>&amp;Compare two…</source>
        <translation>比较两个(&amp;C)…</translation>
    </message>
    <message>
        <source>Re&amp;name…</source>
        <translation>重命名(&amp;N)…</translation>
    </message>
    <message>
        <source>Your own models only (F2)</source>
        <translation>仅限您自己的模型 (F2)</translation>
    </message>
    <message>
        <source>E&amp;xport…</source>
        <translation>导出(&amp;X)…</translation>
    </message>
    <message>
        <source>Into one file, with its card</source>
        <translation>连同模型卡存为一个文件</translation>
    </message>
    <message>
        <source>&amp;Delete…</source>
        <translation>删除(&amp;D)…</translation>
    </message>
    <message>
        <source>Your own models only (Del)</source>
        <translation>仅限您自己的模型 (Del)</translation>
    </message>
    <message>
        <source>That failed.</source>
        <translation>操作失败。</translation>
    </message>
    <message>
        <source>Stopped. Nothing in the library was changed.</source>
        <translation>已停止。模型库没有任何改变。</translation>
    </message>
    <message>
        <source>Checking the model</source>
        <translation>正在检查模型</translation>
    </message>
    <message>
        <source>“{0}” is used from now on.</source>
        <translation>今后将使用“{0}”。</translation>
    </message>
    <message>
        <source>Rolling back</source>
        <translation>正在回退</translation>
    </message>
    <message>
        <source>“{0}” is used again.</source>
        <translation>重新使用“{0}”。</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>重命名</translation>
    </message>
    <message>
        <source>New name: small letters, digits, - _ and .</source>
        <translation>新名称：小写字母、数字、- _ 和 .</translation>
    </message>
    <message>
        <source>Renaming</source>
        <translation>正在重命名</translation>
    </message>
    <message>
        <source>“{0}” is called “{1}” now.</source>
        <translation>“{0}”现在名为“{1}”。</translation>
    </message>
    <message>
        <source>Delete the model “{0}”?</source>
        <translation>删除模型“{0}”？</translation>
    </message>
    <message>
        <source>De&amp;lete the damaged model…</source>
        <translation>删除损坏的模型(&amp;L)…</translation>
    </message>
    <message>
        <source>The model cannot be used; all others stay</source>
        <translation>此模型无法使用；其他模型均保留</translation>
    </message>
    <message>
        <source>All its files are removed from this computer.</source>
        <translation>其所有文件将从这台电脑上移除。</translation>
    </message>
    <message>
        <source>Its weights are removed from this computer; export it first to keep them.</source>
        <translation>其权重将从这台电脑上移除；如需保留请先导出。</translation>
    </message>
    <message>
        <source>A model of others from a file; it is tried out first</source>
        <translation>从文件导入他人的模型；会先试运行</translation>
    </message>
    <message>
        <source>A model of others from an address; its checksum is compared</source>
        <translation>从网址下载他人的模型；会核对校验和</translation>
    </message>
    <message>
        <source>The tick marks the model that is used unless you choose another.</source>
        <translation>打勾的模型会在您未另行选择时使用。</translation>
    </message>
    <message>
        <source>From now on, unless you choose another</source>
        <translation>今后未另行选择时使用</translation>
    </message>
    <message>
        <source>Back to the model that was the default before, for the same task</source>
        <translation>回到同一任务之前的默认模型</translation>
    </message>
    <message>
        <source>Select two that fill damage: both repair what is marked and visible in the photograph</source>
        <translation>选择两个填补损坏的模型：分别修复照片中可见且已标记的部分</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Deleting</source>
        <translation>正在删除</translation>
    </message>
    <message>
        <source>“{0}” was deleted.</source>
        <translation>“{0}”已删除。</translation>
    </message>
    <message>
        <source>Export model</source>
        <translation>导出模型</translation>
    </message>
    <message>
        <source>Exporting</source>
        <translation>正在导出</translation>
    </message>
    <message>
        <source>Exported to {0}</source>
        <translation>已导出到 {0}</translation>
    </message>
    <message>
        <source>All files</source>
        <translation>所有文件</translation>
    </message>
    <message>
        <source>Import model</source>
        <translation>导入模型</translation>
    </message>
    <message>
        <source>Trying the model out</source>
        <translation>正在试运行模型</translation>
    </message>
    <message>
        <source>Downloading</source>
        <translation>正在下载</translation>
    </message>
</context>
<context>
    <name>PhotoGrid</name>
    <message>
        <source>rejected: not used</source>
        <translation>已排除：不使用</translation>
    </message>
    <message>
        <source>held out: judges the result, never trained on</source>
        <translation>留作评判：评判结果，从不用于训练</translation>
    </message>
    <message>
        <source>trained on</source>
        <translation>用于训练</translation>
    </message>
    <message>
        <source>shows the same picture as another</source>
        <translation>与另一张是同一画面</translation>
    </message>
    <message>
        <source>taken within seconds of another, or much like its neighbour</source>
        <translation>与另一张在几秒内拍摄，或与相邻的一张很相似</translation>
    </message>
    <message>
        <source>black-and-white</source>
        <translation>黑白</translation>
    </message>
</context>
<context>
    <name>PlanPage</name>
    <message>
        <source>How long may it take?</source>
        <translation>可以用多长时间？</translation>
    </message>
    <message>
        <source>The times are measured on this computer with a few real steps. You can pause, stop and go on at any time, and keep working on photographs meanwhile.</source>
        <translation>时间是在这台电脑上用几步真实训练测得的。您可以随时暂停、停止和继续，期间仍可处理照片。</translation>
    </message>
    <message>
        <source>Quick</source>
        <translation>快速</translation>
    </message>
    <message>
        <source>About 4 minutes of learning: a first look at whether it helps.</source>
        <translation>学习约 4 分钟：先看看有没有帮助。</translation>
    </message>
    <message>
        <source>Balanced</source>
        <translation>均衡</translation>
    </message>
    <message>
        <source>About 18 minutes: enough for most collections.</source>
        <translation>约 18 分钟：对大多数收藏已足够。</translation>
    </message>
    <message>
        <source>Thorough</source>
        <translation>彻底</translation>
    </message>
    <message>
        <source>About an hour and a half: for large collections.</source>
        <translation>约一个半小时：适合大量照片。</translation>
    </message>
    <message>
        <source>Custom</source>
        <translation>自定义</translation>
    </message>
    <message>
        <source>Your own steps, crops and rates.</source>
        <translation>自定步数、裁块和学习率。</translation>
    </message>
    <message>
        <source>It learns in small steps and is pulled back towards the model it started from.</source>
        <translation>它以小步学习，并被拉向起始模型。</translation>
    </message>
    <message>
        <source>What keeps it from getting worse</source>
        <translation>如何避免变差</translation>
    </message>
    <message>
        <source>It goes on practising on the program&apos;s own pictures, so that nothing is forgotten.</source>
        <translation>它会继续练习程序自带的图片，因此不会遗忘。</translation>
    </message>
    <message>
        <source>The best state on held-out photographs is kept; without hope it ends early.</source>
        <translation>保留在未训练照片上表现最好的状态；没有希望时提前结束。</translation>
    </message>
    <message>
        <source>At the end both are measured, and only a real gain is saved, as a model of its own.</source>
        <translation>最后测量两个模型，只有真正的提升才会另存为一个模型。</translation>
    </message>
    <message>
        <source>The new model</source>
        <translation>新模型</translation>
    </message>
    <message>
        <source>Name of the new model</source>
        <translation>新模型的名称</translation>
    </message>
    <message>
        <source>Small letters, digits, - _ and . ; how the library will call it</source>
        <translation>小写字母、数字、- _ 和 . ；在模型库中的名称</translation>
    </message>
    <message>
        <source>Computed on</source>
        <translation>计算设备</translation>
    </message>
    <message>
        <source>Automatic takes the graphics processor if it passes a self-test</source>
        <translation>“自动”会在显卡通过自检时使用显卡</translation>
    </message>
    <message>
        <source>&amp;Name</source>
        <translation>名称(&amp;N)</translation>
    </message>
    <message>
        <source>Co&amp;mputed on</source>
        <translation>计算设备(&amp;M)</translation>
    </message>
    <message>
        <source>Your own settings</source>
        <translation>您自己的设置</translation>
    </message>
    <message>
        <source>On this computer</source>
        <translation>在这台电脑上</translation>
    </message>
    <message>
        <source>Measuring the speed of this computer</source>
        <translation>正在测量这台电脑的速度</translation>
    </message>
    <message>
        <source>Measuring the speed of this computer with a few steps…</source>
        <translation>正在用几步训练测量这台电脑的速度…</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>步数</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>Disk</source>
        <translation>磁盘</translation>
    </message>
    <message>
        <source>Photographs</source>
        <translation>照片</translation>
    </message>
    <message>
        <source>There is an unfinished training “{0}”: go on with it, or choose another name.</source>
        <translation>有一个未完成的训练“{0}”：请继续它，或另选名称。</translation>
    </message>
    <message>
        <source>Without any loss nothing can be learnt.</source>
        <translation>没有任何损失项就无法学习。</translation>
    </message>
    <message>
        <source>Measuring this computer</source>
        <translation>测量这台电脑</translation>
    </message>
    <message>
        <source>This computer could not be measured.</source>
        <translation>无法测量这台电脑。</translation>
    </message>
    <message>
        <source>{0}, {1} seconds each</source>
        <translation>{0} 步，每步 {1} 秒</translation>
    </message>
    <message>
        <source>about {0}; {1} are free</source>
        <translation>约 {0}；可用 {1}</translation>
    </message>
    <message>
        <source>{0} to train on, {1} to judge by</source>
        <translation>{0} 张用于训练，{1} 张用于评判</translation>
    </message>
    <message>
        <source>This computer runs on its battery: plug it in, and keep it awake.</source>
        <translation>这台电脑正在使用电池：请接通电源并保持唤醒。</translation>
    </message>
    <message>
        <source>Keep the computer awake: while it sleeps, the training waits.</source>
        <translation>请让电脑保持唤醒：睡眠时训练会停下等待。</translation>
    </message>
</context>
<context>
    <name>Previews</name>
    <message>
        <source>Preview {0}</source>
        <translation>预览 {0}</translation>
    </message>
</context>
<context>
    <name>TrainPage</name>
    <message>
        <source>Learning</source>
        <translation>学习</translation>
    </message>
    <message>
        <source>The pictures and the lower curves show photographs that are never trained on. You can go on working on other photographs; this window may be closed meanwhile.</source>
        <translation>图片和下方曲线来自从不用于训练的照片。您可以继续处理其他照片，也可以关闭此窗口。</translation>
    </message>
    <message>
        <source>Progress of the training</source>
        <translation>训练进度</translation>
    </message>
    <message>
        <source>&amp;Pause</source>
        <translation>暂停(&amp;P)</translation>
    </message>
    <message>
        <source>&amp;Stop</source>
        <translation>停止(&amp;S)</translation>
    </message>
    <message>
        <source>Keeps a checkpoint, from which it can go on later</source>
        <translation>保留检查点，以后可以从那里继续</translation>
    </message>
    <message>
        <source>&amp;Go on</source>
        <translation>继续(&amp;G)</translation>
    </message>
    <message>
        <source>Resume from the last checkpoint</source>
        <translation>从上一个检查点继续</translation>
    </message>
    <message>
        <source>&amp;Discard…</source>
        <translation>丢弃(&amp;D)…</translation>
    </message>
    <message>
        <source>Delete the checkpoint for good</source>
        <translation>永久删除检查点</translation>
    </message>
    <message>
        <source>Losses while learning, 1 = at the start (less is better)</source>
        <translation>学习中的损失，1 = 开始时（越小越好）</translation>
    </message>
    <message>
        <source>the model it started from</source>
        <translation>起始模型</translation>
    </message>
    <message>
        <source>Likeness to the original, SSIM (1 = the same)</source>
        <translation>与原图的相似度 SSIM（1 = 相同）</translation>
    </message>
    <message>
        <source>Curves</source>
        <translation>曲线</translation>
    </message>
    <message>
        <source>Held-out pictures, before and after</source>
        <translation>留作评判的图片：前后对比</translation>
    </message>
    <message>
        <source>Given</source>
        <translation>输入</translation>
    </message>
    <message>
        <source>Model it started from</source>
        <translation>起始模型</translation>
    </message>
    <message>
        <source>Now</source>
        <translation>现在</translation>
    </message>
    <message>
        <source>Original</source>
        <translation>原图</translation>
    </message>
    <message>
        <source>Held-out gain in PSNR, dB (more is better)</source>
        <translation>评判照片 PSNR 提升，dB（越高越好）</translation>
    </message>
    <message>
        <source>Held-out gain in F1 (more is better)</source>
        <translation>评判照片 F1 提升（越高越好）</translation>
    </message>
    <message>
        <source>Preparing the photographs</source>
        <translation>正在准备照片</translation>
    </message>
    <message>
        <source>Training</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>now</source>
        <translation>现在</translation>
    </message>
    <message>
        <source>There is nothing left to go on with in {0}.</source>
        <translation>{0} 中没有可继续的内容。</translation>
    </message>
    <message>
        <source>Stopping after this step…</source>
        <translation>完成这一步后停止…</translation>
    </message>
    <message>
        <source>Discard the training “{0}”?</source>
        <translation>丢弃训练“{0}”？</translation>
    </message>
    <message>
        <source>Its checkpoint is deleted. Your photographs are not touched.</source>
        <translation>其检查点将被删除。您的照片不受影响。</translation>
    </message>
    <message>
        <source>Discard</source>
        <translation>丢弃</translation>
    </message>
    <message>
        <source>Comparing with the model it started from</source>
        <translation>正在与起始模型比较</translation>
    </message>
    <message>
        <source>Learning: step {0} of {1}</source>
        <translation>学习：第 {0} 步，共 {1} 步</translation>
    </message>
    <message>
        <source>Pausing after this step…</source>
        <translation>将在此步后暂停…</translation>
    </message>
    <message>
        <source>{0} left</source>
        <translation>剩余{0}</translation>
    </message>
    <message>
        <source>After this step; keeps a checkpoint</source>
        <translation>在此步后生效；保留检查点</translation>
    </message>
    <message>
        <source>Memory ran short: every step is done in {0} smaller pieces now. It takes longer and learns the same.</source>
        <translation>内存不足：现在每一步分成 {0} 小份进行。耗时更长，学习效果不变。</translation>
    </message>
    <message>
        <source>difference</source>
        <translation>差值</translation>
    </message>
    <message>
        <source>PSNR</source>
        <translation>PSNR</translation>
    </message>
    <message>
        <source>coarse structure</source>
        <translation>粗略结构</translation>
    </message>
    <message>
        <source>square</source>
        <translation>平方</translation>
    </message>
    <message>
        <source>each pixel</source>
        <translation>逐像素</translation>
    </message>
    <message>
        <source>overlap</source>
        <translation>重叠</translation>
    </message>
    <message>
        <source>your photographs</source>
        <translation>您的照片</translation>
    </message>
    <message>
        <source>shipped pictures</source>
        <translation>自带图片</translation>
    </message>
    <message>
        <source>model it started from</source>
        <translation>起始模型</translation>
    </message>
    <message>
        <source>Finished</source>
        <translation>已完成</translation>
    </message>
    <message>
        <source>The training could not go on</source>
        <translation>训练无法继续</translation>
    </message>
    <message>
        <source>The training failed.</source>
        <translation>训练失败。</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>已停止</translation>
    </message>
    <message>
        <source>What was learnt is kept in a checkpoint. Go on now, or at any later time.</source>
        <translation>所学内容已保存在检查点中。可以现在继续，也可以以后再继续。</translation>
    </message>
    <message>
        <source>It was stopped before it had learnt anything: it can begin again.</source>
        <translation>在学到任何内容之前就停止了：可以重新开始。</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>已暂停</translation>
    </message>
    <message>
        <source>A checkpoint is kept; the computer may be switched off.</source>
        <translation>检查点已保存；可以关闭电脑。</translation>
    </message>
</context>
<context>
    <name>TrainWizard</name>
    <message>
        <source>Train on your own photographs</source>
        <translation>用您自己的照片训练</translation>
    </message>
    <message>
        <source>Photographs</source>
        <translation>照片</translation>
    </message>
    <message>
        <source>Goal</source>
        <translation>目标</translation>
    </message>
    <message>
        <source>Plan</source>
        <translation>计划</translation>
    </message>
    <message>
        <source>Training</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>Verdict</source>
        <translation>结论</translation>
    </message>
    <message>
        <source>Your photographs stay on this computer.</source>
        <translation>您的照片不会离开这台电脑。</translation>
    </message>
    <message>
        <source>&amp;Back</source>
        <translation>上一步(&amp;B)</translation>
    </message>
    <message>
        <source>To the step before</source>
        <translation>回到上一步</translation>
    </message>
    <message>
        <source>&amp;Next</source>
        <translation>下一步(&amp;N)</translation>
    </message>
    <message>
        <source>To the next step</source>
        <translation>进入下一步</translation>
    </message>
    <message>
        <source>&amp;Close</source>
        <translation>关闭(&amp;C)</translation>
    </message>
    <message>
        <source>A training goes on while the window is closed</source>
        <translation>关闭窗口后训练仍会继续</translation>
    </message>
    <message>
        <source>&amp;Start training</source>
        <translation>开始训练(&amp;S)</translation>
    </message>
    <message>
        <source>See the &amp;verdict</source>
        <translation>查看结论(&amp;V)</translation>
    </message>
    <message>
        <source>&amp;Train again</source>
        <translation>再次训练(&amp;T)</translation>
    </message>
    <message>
        <source>The training could not go on: open the training window to see why.</source>
        <translation>训练无法继续：请打开训练窗口查看原因。</translation>
    </message>
    <message>
        <source>The training has ended: its verdict is in the training window.</source>
        <translation>训练已结束：结论在训练窗口中。</translation>
    </message>
    <message>
        <source>Discarding a training</source>
        <translation>丢弃训练</translation>
    </message>
    <message>
        <source>Reading the model library</source>
        <translation>读取模型库</translation>
    </message>
    <message>
        <source>The training is not finished.</source>
        <translation>训练尚未完成。</translation>
    </message>
    <message>
        <source>It can go on in the background while you work on photographs.</source>
        <translation>您处理照片时，它可以在后台继续。</translation>
    </message>
    <message>
        <source>&amp;Go on in the background</source>
        <translation>在后台继续(&amp;G)</translation>
    </message>
    <message>
        <source>&amp;Stop and keep a checkpoint</source>
        <translation>停止并保留检查点(&amp;S)</translation>
    </message>
</context>
<context>
    <name>VerdictPage</name>
    <message>
        <source>The verdict</source>
        <translation>结论</translation>
    </message>
    <message>
        <source>Both models worked on the same photographs of yours, none of which the new one was trained on. It is kept only if it is better there beyond chance and has forgotten nothing elsewhere.</source>
        <translation>两个模型处理了您的同一批照片，新模型从未用这些照片训练过。只有在这些照片上的提升超出偶然、且没有遗忘其他内容时，才会保留新模型。</translation>
    </message>
    <message>
        <source>Model card</source>
        <translation>模型卡</translation>
    </message>
    <message>
        <source>&amp;Use it from now on</source>
        <translation>今后使用它(&amp;U)</translation>
    </message>
    <message>
        <source>It becomes the default; the library can roll back</source>
        <translation>它将成为默认模型；可在模型库中回退</translation>
    </message>
    <message>
        <source>Show model &amp;library</source>
        <translation>显示模型库(&amp;L)</translation>
    </message>
    <message>
        <source>All models, and how good they are</source>
        <translation>所有模型及其效果</translation>
    </message>
    <message>
        <source>Save it &amp;anyway</source>
        <translation>仍然保存(&amp;A)</translation>
    </message>
    <message>
        <source>It is marked in the library as kept against the verdict</source>
        <translation>模型库会标明它是不顾结论而保留的</translation>
    </message>
    <message>
        <source>&amp;Discard it</source>
        <translation>丢弃(&amp;D)</translation>
    </message>
    <message>
        <source>The shipped model stays as it was</source>
        <translation>自带模型保持不变</translation>
    </message>
    <message>
        <source>Better on your photographs. Saved as “{0}”.</source>
        <translation>在您的照片上更好。已保存为“{0}”。</translation>
    </message>
    <message>
        <source>Saved as “{0}”, marked as kept against the verdict.</source>
        <translation>已保存为“{0}”，并标明不顾结论而保留。</translation>
    </message>
    <message>
        <source>No better: the model stays as it was.</source>
        <translation>没有变好：模型保持原样。</translation>
    </message>
    <message>
        <source>It gained {0} on {1} photographs that it did not train on; {2} of them got better.</source>
        <translation>在 {1} 张未用于训练的照片上提升了 {0}；其中 {2} 张变好。</translation>
    </message>
    <message>
        <source>On {1} photographs that it did not train on nothing was gained ({0}).</source>
        <translation>在 {1} 张未用于训练的照片上没有提升（{0}）。</translation>
    </message>
    <message>
        <source>It gained {0} on {1} photographs that it did not train on: that can be chance.</source>
        <translation>在 {1} 张未用于训练的照片上提升了 {0}：这可能只是偶然。</translation>
    </message>
    <message>
        <source>It gained {0} on {1} photographs that it did not train on: too little to matter.</source>
        <translation>在 {1} 张未用于训练的照片上提升了 {0}：太少，没有意义。</translation>
    </message>
    <message>
        <source>It gained {0} on {1} photographs of yours, but lost too much here: {2}.</source>
        <translation>在您的 {1} 张照片上提升了 {0}，但在这里损失太多：{2}。</translation>
    </message>
    <message>
        <source>Shipped pictures ({0})</source>
        <translation>自带图片（{0}）</translation>
    </message>
    <message>
        <source>Your held-out photographs, with full texture ({0})</source>
        <translation>您的评判照片，含完整纹理（{0}）</translation>
    </message>
    <message>
        <source>Your held-out photographs ({0})</source>
        <translation>您的评判照片（{0}）</translation>
    </message>
    <message>
        <source>“{0}” is used from now on.</source>
        <translation>今后将使用“{0}”。</translation>
    </message>
</context>
<context>
    <name>ZoomView</name>
    <message>
        <source>Wheel or + and - zoom; drag moves; both pictures move together</source>
        <translation>滚轮或 + 和 - 缩放；拖动移动；两张图一起移动</translation>
    </message>
</context>
</TS>
