<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN">
<context>
    <name>Actions</name>
    <message>
        <source>&amp;Open…</source>
        <translation>打开(&amp;O)…</translation>
    </message>
    <message>
        <source>Open photographs</source>
        <translation>打开照片</translation>
    </message>
    <message>
        <source>Open &amp;folder…</source>
        <translation>打开文件夹(&amp;F)…</translation>
    </message>
    <message>
        <source>Open all photographs of a folder</source>
        <translation>打开文件夹中的所有照片</translation>
    </message>
    <message>
        <source>&amp;Paste picture</source>
        <translation>粘贴图片(&amp;P)</translation>
    </message>
    <message>
        <source>Open the picture or the files of the clipboard</source>
        <translation>打开剪贴板中的图片或文件</translation>
    </message>
    <message>
        <source>&amp;Save project</source>
        <translation>保存项目(&amp;S)</translation>
    </message>
    <message>
        <source>Save masks, repairs and settings, to go on at another time</source>
        <translation>保存蒙版、修复和设置，以便下次继续</translation>
    </message>
    <message>
        <source>Sa&amp;ve project as…</source>
        <translation>项目另存为(&amp;V)…</translation>
    </message>
    <message>
        <source>Save the project under another name</source>
        <translation>用另一个名称保存项目</translation>
    </message>
    <message>
        <source>&amp;Export…</source>
        <translation>导出(&amp;E)…</translation>
    </message>
    <message>
        <source>Write the repaired photograph into a new file</source>
        <translation>将修复后的照片写入新文件</translation>
    </message>
    <message>
        <source>&amp;Batch…</source>
        <translation>批处理(&amp;B)…</translation>
    </message>
    <message>
        <source>Repair many photographs and folders with one recipe</source>
        <translation>用同一方案修复许多照片和文件夹</translation>
    </message>
    <message>
        <source>&amp;Close photograph</source>
        <translation>关闭照片(&amp;C)</translation>
    </message>
    <message>
        <source>Take the photograph out of the window</source>
        <translation>将照片从窗口中移除</translation>
    </message>
    <message>
        <source>Se&amp;ttings…</source>
        <translation>设置(&amp;T)…</translation>
    </message>
    <message>
        <source>Theme, language, device</source>
        <translation>主题、语言、设备</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>退出(&amp;Q)</translation>
    </message>
    <message>
        <source>Stop all work and leave</source>
        <translation>停止所有工作并退出</translation>
    </message>
    <message>
        <source>&amp;Undo</source>
        <translation>撤销(&amp;U)</translation>
    </message>
    <message>
        <source>Take back the last step</source>
        <translation>撤销上一步</translation>
    </message>
    <message>
        <source>&amp;Redo</source>
        <translation>重做(&amp;R)</translation>
    </message>
    <message>
        <source>Do it again</source>
        <translation>恢复刚撤销的一步</translation>
    </message>
    <message>
        <source>&amp;Fit in window</source>
        <translation>适合窗口(&amp;F)</translation>
    </message>
    <message>
        <source>Show the whole photograph</source>
        <translation>显示整张照片</translation>
    </message>
    <message>
        <source>&amp;Actual size</source>
        <translation>实际大小(&amp;A)</translation>
    </message>
    <message>
        <source>One pixel of the photograph is one pixel of the screen</source>
        <translation>照片的一个像素对应屏幕的一个像素</translation>
    </message>
    <message>
        <source>Zoom &amp;in</source>
        <translation>放大(&amp;I)</translation>
    </message>
    <message>
        <source>Look closer</source>
        <translation>放大查看</translation>
    </message>
    <message>
        <source>Zoom &amp;out</source>
        <translation>缩小(&amp;O)</translation>
    </message>
    <message>
        <source>See more</source>
        <translation>查看更大范围</translation>
    </message>
    <message>
        <source>Turn view &amp;left</source>
        <translation>视图向左转(&amp;L)</translation>
    </message>
    <message>
        <source>Turn the view, not the photograph</source>
        <translation>只转动视图，不转动照片</translation>
    </message>
    <message>
        <source>Turn view &amp;right</source>
        <translation>视图向右转(&amp;R)</translation>
    </message>
    <message>
        <source>Show &amp;mask</source>
        <translation>显示蒙版(&amp;M)</translation>
    </message>
    <message>
        <source>Show or hide what is marked as damaged</source>
        <translation>显示或隐藏标记为损坏的部分</translation>
    </message>
    <message>
        <source>&amp;Split view</source>
        <translation>分割视图(&amp;S)</translation>
    </message>
    <message>
        <source>Before and after with a slider between them</source>
        <translation>修复前后以滑块分隔</translation>
    </message>
    <message>
        <source>Side &amp;by side</source>
        <translation>并排显示(&amp;B)</translation>
    </message>
    <message>
        <source>Before and after beside each other</source>
        <translation>修复前后并排显示</translation>
    </message>
    <message>
        <source>Ori&amp;ginal (hold)</source>
        <translation>原图（按住）(&amp;G)</translation>
    </message>
    <message>
        <source>Show the photograph as it was while the key is held</source>
        <translation>按住按键时显示原来的照片</translation>
    </message>
    <message>
        <source>&amp;Previous photograph</source>
        <translation>上一张照片(&amp;P)</translation>
    </message>
    <message>
        <source>Go to the photograph before this one</source>
        <translation>转到上一张照片</translation>
    </message>
    <message>
        <source>&amp;Next photograph</source>
        <translation>下一张照片(&amp;N)</translation>
    </message>
    <message>
        <source>Go to the next photograph</source>
        <translation>转到下一张照片</translation>
    </message>
    <message>
        <source>&amp;Find damage</source>
        <translation>查找损坏(&amp;F)</translation>
    </message>
    <message>
        <source>Search for scratches, dust, creases and stains</source>
        <translation>查找划痕、灰尘、折痕和污渍</translation>
    </message>
    <message>
        <source>&amp;Repair</source>
        <translation>修复(&amp;R)</translation>
    </message>
    <message>
        <source>Fill what is marked; nothing else changes</source>
        <translation>填补标记的部分，其他一概不变</translation>
    </message>
    <message>
        <source>Fill this spot &amp;differently…</source>
        <translation>换一种方式填补此处(&amp;D)…</translation>
    </message>
    <message>
        <source>Several fills of one repaired spot side by side, to choose from</source>
        <translation>并排显示同一处的几种填补以供选择</translation>
    </message>
    <message>
        <source>Ne&amp;xt repaired spot</source>
        <translation>下一处修复(&amp;X)</translation>
    </message>
    <message>
        <source>Look at the next place that was filled</source>
        <translation>查看下一处填补</translation>
    </message>
    <message>
        <source>Pre&amp;vious repaired spot</source>
        <translation>上一处修复(&amp;V)</translation>
    </message>
    <message>
        <source>Look at the place that was filled before this one</source>
        <translation>查看上一处填补</translation>
    </message>
    <message>
        <source>&amp;Cancel</source>
        <translation>取消(&amp;C)</translation>
    </message>
    <message>
        <source>Stop what is running; nothing is changed</source>
        <translation>停止正在运行的工作，不做任何改动</translation>
    </message>
    <message>
        <source>&amp;Import mask…</source>
        <translation>导入蒙版(&amp;I)…</translation>
    </message>
    <message>
        <source>Mark what a black and white picture of the same size marks</source>
        <translation>按同样大小的黑白图片进行标记</translation>
    </message>
    <message>
        <source>E&amp;xport mask…</source>
        <translation>导出蒙版(&amp;X)…</translation>
    </message>
    <message>
        <source>Write the mask as a black and white picture</source>
        <translation>将蒙版写成黑白图片</translation>
    </message>
    <message>
        <source>Mask from in&amp;frared</source>
        <translation>由红外通道生成蒙版(&amp;F)</translation>
    </message>
    <message>
        <source>Mark what the scanner&apos;s infrared channel shows as dust and scratches</source>
        <translation>标记扫描仪红外通道显示的灰尘和划痕</translation>
    </message>
    <message>
        <source>&amp;Grow mask</source>
        <translation>扩大蒙版(&amp;G)</translation>
    </message>
    <message>
        <source>A wider rim around everything marked</source>
        <translation>将所有标记向外加宽</translation>
    </message>
    <message>
        <source>&amp;Shrink mask</source>
        <translation>缩小蒙版(&amp;S)</translation>
    </message>
    <message>
        <source>A narrower rim</source>
        <translation>将标记收窄</translation>
    </message>
    <message>
        <source>In&amp;vert mask</source>
        <translation>反转蒙版(&amp;V)</translation>
    </message>
    <message>
        <source>Mark what is not marked, and the other way round</source>
        <translation>标记与未标记互换</translation>
    </message>
    <message>
        <source>&amp;Clear mask</source>
        <translation>清除蒙版(&amp;C)</translation>
    </message>
    <message>
        <source>Mark nothing</source>
        <translation>不标记任何部分</translation>
    </message>
    <message>
        <source>Brush s&amp;maller</source>
        <translation>缩小画笔(&amp;M)</translation>
    </message>
    <message>
        <source>Ctrl and the wheel do the same</source>
        <translation>按住 Ctrl 滚动滚轮效果相同</translation>
    </message>
    <message>
        <source>Br&amp;ush larger</source>
        <translation>放大画笔(&amp;U)</translation>
    </message>
    <message>
        <source>Brush sof&amp;ter</source>
        <translation>画笔更柔和(&amp;T)</translation>
    </message>
    <message>
        <source>A softer edge</source>
        <translation>边缘更柔和</translation>
    </message>
    <message>
        <source>Brush har&amp;der</source>
        <translation>画笔更硬(&amp;D)</translation>
    </message>
    <message>
        <source>A sharper edge</source>
        <translation>边缘更锐利</translation>
    </message>
    <message>
        <source>&amp;Pan</source>
        <translation>平移(&amp;P)</translation>
    </message>
    <message>
        <source>&amp;Brush</source>
        <translation>画笔(&amp;B)</translation>
    </message>
    <message>
        <source>&amp;Eraser</source>
        <translation>橡皮擦(&amp;E)</translation>
    </message>
    <message>
        <source>&amp;Line</source>
        <translation>直线(&amp;L)</translation>
    </message>
    <message>
        <source>L&amp;asso</source>
        <translation>套索(&amp;A)</translation>
    </message>
    <message>
        <source>&amp;Rectangle</source>
        <translation>矩形(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;Follow scratch</source>
        <translation>跟踪划痕(&amp;F)</translation>
    </message>
    <message>
        <source>Re&amp;gions</source>
        <translation>区域(&amp;G)</translation>
    </message>
    <message>
        <source>Pr&amp;otect</source>
        <translation>保护(&amp;O)</translation>
    </message>
    <message>
        <source>&amp;Train on own photographs…</source>
        <translation>用自己的照片训练(&amp;T)…</translation>
    </message>
    <message>
        <source>Model &amp;library…</source>
        <translation>模型库(&amp;L)…</translation>
    </message>
    <message>
        <source>&amp;Compare two models…</source>
        <translation>比较两个模型(&amp;C)…</translation>
    </message>
    <message>
        <source>&amp;Keys</source>
        <translation>快捷键(&amp;K)</translation>
    </message>
    <message>
        <source>All keys on one sheet</source>
        <translation>快捷键一览</translation>
    </message>
    <message>
        <source>Open &amp;log folder</source>
        <translation>打开日志文件夹(&amp;L)</translation>
    </message>
    <message>
        <source>For reporting a fault</source>
        <translation>用于报告故障</translation>
    </message>
    <message>
        <source>&amp;About Restorer</source>
        <translation>关于 Restorer(&amp;A)</translation>
    </message>
    <message>
        <source>Version and licences</source>
        <translation>版本和许可</translation>
    </message>
    <message>
        <source>Pointer by &amp;keyboard</source>
        <translation>键盘指针(&amp;K)</translation>
    </message>
    <message>
        <source>Paint and click without a mouse: arrows, Space and Enter</source>
        <translation>不用鼠标绘制和点击：方向键、空格键和 Enter</translation>
    </message>
</context>
<context>
    <name>AutoSave</name>
    <message>
        <source>Unsaved work cannot be secured.</source>
        <translation>无法保护未保存的工作。</translation>
    </message>
</context>
<context>
    <name>Batch</name>
    <message>
        <source>{0} s</source>
        <translation>{0} 秒</translation>
    </message>
    <message>
        <source>{0} min</source>
        <translation>{0} 分钟</translation>
    </message>
    <message>
        <source>{0} h</source>
        <translation>{0} 小时</translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation>等待中</translation>
    </message>
    <message>
        <source>At work</source>
        <translation>处理中</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>完成</translation>
    </message>
    <message>
        <source>Clean</source>
        <translation>完好</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>Skipped</source>
        <translation>已跳过</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>已取消</translation>
    </message>
    <message>
        <source>Will be worked on</source>
        <translation>将会处理</translation>
    </message>
    <message>
        <source>Is being worked on</source>
        <translation>正在处理</translation>
    </message>
    <message>
        <source>Repaired; the result was read back and verified</source>
        <translation>已修复；结果已重新读取并核对</translation>
    </message>
    <message>
        <source>Looks clean: there was nothing to repair, so nothing was written</source>
        <translation>看起来完好：无需修复，因此未写入任何文件</translation>
    </message>
    <message>
        <source>Could not be repaired; the reason is told beside it</source>
        <translation>无法修复；原因列在旁边</translation>
    </message>
    <message>
        <source>Skipped, because of the rule for existing files</source>
        <translation>按照对已有文件的规则跳过</translation>
    </message>
    <message>
        <source>Given up by hand</source>
        <translation>已手动放弃</translation>
    </message>
    <message>
        <source>Before and after</source>
        <translation>修复前后</translation>
    </message>
    <message>
        <source>Photograph</source>
        <translation>照片</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Damage</source>
        <translation>损坏</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>备注</translation>
    </message>
    <message>
        <source>Approved</source>
        <translation>已批准</translation>
    </message>
    <message>
        <source>By hand</source>
        <translation>手动</translation>
    </message>
    <message>
        <source>Damage {0} of 100</source>
        <translation>损坏 {0}/100</translation>
    </message>
    <message>
        <source>{0} of the picture</source>
        <translation>占画面 {0}</translation>
    </message>
    <message>
        <source>Looks clean</source>
        <translation>看起来完好</translation>
    </message>
    <message>
        <source>1 place</source>
        <translation>1 处</translation>
    </message>
    <message>
        <source>{0} places</source>
        <translation>{0} 处</translation>
    </message>
</context>
<context>
    <name>BatchActions</name>
    <message>
        <source>Batch</source>
        <translation>批处理</translation>
    </message>
    <message>
        <source>The batch in “{0}” is not finished. Ctrl+B goes on with it.</source>
        <translation>“{0}”中的批处理尚未完成。按 Ctrl+B 继续。</translation>
    </message>
    <message>
        <source>Wait until the running work has ended.</source>
        <translation>请等待正在运行的工作结束。</translation>
    </message>
    <message>
        <source>Taking over the batch&apos;s repair</source>
        <translation>正在接收批处理的修复</translation>
    </message>
    <message>
        <source>Repair of the batch</source>
        <translation>批处理的修复</translation>
    </message>
</context>
<context>
    <name>BatchPanel</name>
    <message>
        <source>Batch - Restorer</source>
        <translation>批处理 - Restorer</translation>
    </message>
    <message>
        <source>Pages of the batch</source>
        <translation>批处理的页面</translation>
    </message>
    <message>
        <source>Set up</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Look first</source>
        <translation>先查看</translation>
    </message>
    <message>
        <source>Batch</source>
        <translation>批处理</translation>
    </message>
    <message>
        <source>&amp;New batch</source>
        <translation>新建批处理(&amp;N)</translation>
    </message>
    <message>
        <source>Set up another batch; what was done stays where it is</source>
        <translation>设置另一个批处理；已完成的保持不变</translation>
    </message>
    <message>
        <source>Folder of the results</source>
        <translation>结果文件夹</translation>
    </message>
    <message>
        <source>That folder holds a batch already: choose another one, or go on with that batch.</source>
        <translation>该文件夹中已有批处理：请选择另一个，或继续那个批处理。</translation>
    </message>
    <message>
        <source>Repaired already: {0}. The list of the batch shows the results.</source>
        <translation>已修复完毕：{0}。结果见批处理列表。</translation>
    </message>
    <message>
        <source>Batch: damage found in {0}, {1} clean, {2} failed.</source>
        <translation>批处理：{0} 张发现损坏，{1} 张完好，{2} 张失败。</translation>
    </message>
    <message>
        <source>Batch: {0} repaired, {1} clean, {2} failed.</source>
        <translation>批处理：{0} 张已修复，{1} 张完好，{2} 张失败。</translation>
    </message>
    <message>
        <source>Looking for unfinished batches</source>
        <translation>正在查找未完成的批处理</translation>
    </message>
    <message>
        <source>The batch goes on; Ctrl+B shows it again.</source>
        <translation>批处理继续进行；按 Ctrl+B 再次显示。</translation>
    </message>
</context>
<context>
    <name>BatchSession</name>
    <message>
        <source>Batch</source>
        <translation>批处理</translation>
    </message>
    <message>
        <source>Listing photographs</source>
        <translation>正在列出照片</translation>
    </message>
</context>
<context>
    <name>BatchSetup</name>
    <message>
        <source>Photographs</source>
        <translation>照片</translation>
    </message>
    <message>
        <source>Add &amp;files…</source>
        <translation>添加文件(&amp;F)…</translation>
    </message>
    <message>
        <source>Choose photographs</source>
        <translation>选择照片</translation>
    </message>
    <message>
        <source>Add f&amp;older…</source>
        <translation>添加文件夹(&amp;O)…</translation>
    </message>
    <message>
        <source>Choose a folder; all photographs in it and below are taken</source>
        <translation>选择文件夹；其中及子文件夹中的所有照片都会加入</translation>
    </message>
    <message>
        <source>Re&amp;move</source>
        <translation>移除(&amp;M)</translation>
    </message>
    <message>
        <source>Take the selected lines out of this list (Delete); no file is touched</source>
        <translation>从列表中移除所选行（Delete）；不会改动任何文件</translation>
    </message>
    <message>
        <source>How many photographs</source>
        <translation>照片数量</translation>
    </message>
    <message>
        <source>Results</source>
        <translation>结果</translation>
    </message>
    <message>
        <source>Folder for the results</source>
        <translation>结果文件夹</translation>
    </message>
    <message>
        <source>Choose the folder</source>
        <translation>选择文件夹</translation>
    </message>
    <message>
        <source>Name without ending; may use {0} and plain text</source>
        <translation>不带扩展名的名称；可使用 {0} 和普通文字</translation>
    </message>
    <message>
        <source>As the source</source>
        <translation>与源文件相同</translation>
    </message>
    <message>
        <source>JPEG and HEIC compress with loss; the others keep every pixel</source>
        <translation>JPEG 和 HEIC 为有损压缩；其他格式保留每个像素</translation>
    </message>
    <message>
        <source>Give the result another name</source>
        <translation>给结果另取名称</translation>
    </message>
    <message>
        <source>Leave the photograph out</source>
        <translation>跳过该照片</translation>
    </message>
    <message>
        <source>Nothing is ever overwritten</source>
        <translation>绝不覆盖任何文件</translation>
    </message>
    <message>
        <source>Write a &amp;record beside each result</source>
        <translation>在每个结果旁写入记录(&amp;R)</translation>
    </message>
    <message>
        <source>A small file and a mask from which the same pixels can be made again</source>
        <translation>一个小文件和一个蒙版，可据此重新得到相同的像素</translation>
    </message>
    <message>
        <source>Fold&amp;er</source>
        <translation>文件夹(&amp;E)</translation>
    </message>
    <message>
        <source>&amp;Names</source>
        <translation>名称(&amp;N)</translation>
    </message>
    <message>
        <source>Form&amp;at</source>
        <translation>格式(&amp;A)</translation>
    </message>
    <message>
        <source>Where a file is &amp;there</source>
        <translation>文件已存在时(&amp;T)</translation>
    </message>
    <message>
        <source>Example of a name</source>
        <translation>名称示例</translation>
    </message>
    <message>
        <source>Recipe</source>
        <translation>方案</translation>
    </message>
    <message>
        <source>What is missing</source>
        <translation>缺少什么</translation>
    </message>
    <message>
        <source>Loo&amp;k at the damage first</source>
        <translation>先查看损坏(&amp;K)</translation>
    </message>
    <message>
        <source>Search all photographs, then choose those that are repaired; nothing is written before</source>
        <translation>先查找所有照片，再选择要修复的；此前不写入任何文件</translation>
    </message>
    <message>
        <source>&amp;Start</source>
        <translation>开始(&amp;S)</translation>
    </message>
    <message>
        <source>Find and repair all photographs</source>
        <translation>查找并修复所有照片</translation>
    </message>
    <message>
        <source>Add photographs</source>
        <translation>添加照片</translation>
    </message>
    <message>
        <source>Photographs ({0})</source>
        <translation>照片 ({0})</translation>
    </message>
    <message>
        <source>Add folder</source>
        <translation>添加文件夹</translation>
    </message>
    <message>
        <source>Counting photographs</source>
        <translation>正在统计照片</translation>
    </message>
    <message>
        <source>Add photographs or folders to begin.</source>
        <translation>请先添加照片或文件夹。</translation>
    </message>
    <message>
        <source>Choose a folder for the results.</source>
        <translation>请选择结果文件夹。</translation>
    </message>
    <message>
        <source>The recipe cannot be used.</source>
        <translation>该方案无法使用。</translation>
    </message>
    <message>
        <source>There is no photograph in what was added.</source>
        <translation>添加的内容中没有照片。</translation>
    </message>
    <message>
        <source>{0} photographs so far…</source>
        <translation>目前 {0} 张照片…</translation>
    </message>
    <message>
        <source>1 photograph</source>
        <translation>1 张照片</translation>
    </message>
    <message>
        <source>{0} photographs</source>
        <translation>{0} 张照片</translation>
    </message>
    <message>
        <source>For example {0} → {1}</source>
        <translation>例如 {0} → {1}</translation>
    </message>
</context>
<context>
    <name>CandidatesDialog</name>
    <message>
        <source>Fill this spot differently</source>
        <translation>换一种方式填补此处</translation>
    </message>
    <message>
        <source>Ways to fill</source>
        <translation>填补方式</translation>
    </message>
    <message>
        <source>&amp;More</source>
        <translation>更多(&amp;M)</translation>
    </message>
    <message>
        <source>Three more with other seeds</source>
        <translation>再用其他种子做三个</translation>
    </message>
    <message>
        <source>Take this one</source>
        <translation>采用这个</translation>
    </message>
    <message>
        <source>Choose the one that looks right; the others are forgotten.</source>
        <translation>请选择看起来合适的一个，其余的将被舍弃。</translation>
    </message>
    <message>
        <source>As it is</source>
        <translation>现状</translation>
    </message>
    <message>
        <source>After study, no gain</source>
        <translation>学习之后（无改善）</translation>
    </message>
    <message>
        <source>Smooth</source>
        <translation>平滑</translation>
    </message>
    <message>
        <source>Full texture</source>
        <translation>完整纹理</translation>
    </message>
    <message>
        <source>Seed {0}</source>
        <translation>种子 {0}</translation>
    </message>
    <message>
        <source>More are being made…</source>
        <translation>正在生成更多…</translation>
    </message>
    <message>
        <source>After study</source>
        <translation>学习之后</translation>
    </message>
</context>
<context>
    <name>Canvas</name>
    <message>
        <source>Canvas</source>
        <translation>画布</translation>
    </message>
    <message>
        <source>The photograph; masks are drawn here</source>
        <translation>照片；在此绘制蒙版</translation>
    </message>
</context>
<context>
    <name>Compare</name>
    <message>
        <source>Before</source>
        <translation>修复前</translation>
    </message>
    <message>
        <source>After</source>
        <translation>修复后</translation>
    </message>
</context>
<context>
    <name>Controller</name>
    <message>
        <source>Opening {0}…</source>
        <translation>正在打开 {0}…</translation>
    </message>
    <message>
        <source>Chosen when it is first needed.</source>
        <translation>首次需要时自动选择。</translation>
    </message>
    <message>
        <source>{0} bit</source>
        <translation>{0} 位</translation>
    </message>
    <message>
        <source>Looks clean: nothing to repair.</source>
        <translation>看起来完好：没有需要修复的地方。</translation>
    </message>
    <message>
        <source>Spot {0} of {1}</source>
        <translation>第 {0} 处，共 {1} 处</translation>
    </message>
</context>
<context>
    <name>DetectionPanel</name>
    <message>
        <source>Find damage</source>
        <translation>查找损坏</translation>
    </message>
    <message>
        <source>&amp;Sensitivity</source>
        <translation>灵敏度(&amp;S)</translation>
    </message>
    <message>
        <source>More finds fainter damage, and more that is none</source>
        <translation>越高越能找到浅淡的损坏，误报也越多</translation>
    </message>
    <message>
        <source>Smallest re&amp;gion</source>
        <translation>最小区域(&amp;G)</translation>
    </message>
    <message>
        <source> px</source>
        <translation> 像素</translation>
    </message>
    <message>
        <source>Regions with a smaller area are left out</source>
        <translation>忽略面积更小的区域</translation>
    </message>
    <message>
        <source>L&amp;argest region</source>
        <translation>最大区域(&amp;A)</translation>
    </message>
    <message>
        <source>Regions with a larger area are left out</source>
        <translation>忽略面积更大的区域</translation>
    </message>
    <message>
        <source>any</source>
        <translation>不限</translation>
    </message>
    <message>
        <source>&amp;Least elongation</source>
        <translation>最小细长度(&amp;L)</translation>
    </message>
    <message>
        <source>1 keeps everything, from 3 on spots are left out, above 10 only long scratches stay</source>
        <translation>1 保留全部，3 以上忽略斑点，10 以上只留长划痕</translation>
    </message>
    <message>
        <source>Light and dark</source>
        <translation>偏亮和偏暗</translation>
    </message>
    <message>
        <source>Light only</source>
        <translation>仅偏亮</translation>
    </message>
    <message>
        <source>Dark only</source>
        <translation>仅偏暗</translation>
    </message>
    <message>
        <source>Kind of &amp;damage</source>
        <translation>损坏类型(&amp;D)</translation>
    </message>
    <message>
        <source>Damage that is lighter or darker than what is around it</source>
        <translation>比周围更亮或更暗的损坏</translation>
    </message>
    <message>
        <source>Kind of damage</source>
        <translation>损坏类型</translation>
    </message>
    <message>
        <source>Reset</source>
        <translation>重置</translation>
    </message>
    <message>
        <source>Back to the calibrated values</source>
        <translation>恢复校准值</translation>
    </message>
    <message>
        <source>Regions</source>
        <translation>区域</translation>
    </message>
    <message>
        <source>Regions of the mask</source>
        <translation>蒙版的区域</translation>
    </message>
    <message>
        <source>Choose a region to go there</source>
        <translation>选择区域即可转到该处</translation>
    </message>
    <message>
        <source>Regions: {0}</source>
        <translation>区域：{0}</translation>
    </message>
    <message>
        <source>Not searched yet</source>
        <translation>尚未查找</translation>
    </message>
    <message>
        <source>Looks clean: nothing to repair</source>
        <translation>看起来完好：无需修复</translation>
    </message>
    <message>
        <source>Damage found</source>
        <translation>发现损坏</translation>
    </message>
    <message>
        <source>Open a photograph to begin.</source>
        <translation>请先打开一张照片。</translation>
    </message>
    <message>
        <source>1 region, {1} of the picture</source>
        <translation>1 处，占画面 {1}</translation>
    </message>
    <message>
        <source>Nothing is marked.</source>
        <translation>没有标记。</translation>
    </message>
    <message>
        <source>Search, or mark damage by hand.</source>
        <translation>请查找，或手动标记损坏。</translation>
    </message>
    <message>
        <source>{0} regions, {1} of the picture</source>
        <translation>{0} 个区域，占画面的 {1}</translation>
    </message>
</context>
<context>
    <name>Devices</name>
    <message>
        <source>Automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>Processor (CPU)</source>
        <translation>处理器 (CPU)</translation>
    </message>
    <message>
        <source>NVIDIA or AMD graphics (CUDA, ROCm)</source>
        <translation>NVIDIA 或 AMD 显卡 (CUDA, ROCm)</translation>
    </message>
    <message>
        <source>Apple graphics (MPS)</source>
        <translation>Apple 显卡 (MPS)</translation>
    </message>
    <message>
        <source>Processor (CPU), 1 thread</source>
        <translation>处理器 (CPU)，1 个线程</translation>
    </message>
    <message>
        <source>Processor (CPU), {0} threads</source>
        <translation>处理器 (CPU)，{0} 个线程</translation>
    </message>
</context>
<context>
    <name>Dialogs</name>
    <message>
        <source>Not saved yet</source>
        <translation>尚未保存</translation>
    </message>
    <message>
        <source>The latest work on {0} was not saved.</source>
        <translation>对 {0} 最近所做的工作尚未保存。</translation>
    </message>
    <message>
        <source>If you close it now, that work is lost. The scans are untouched.</source>
        <translation>现在关闭将丢失这些工作。扫描原件不受影响。</translation>
    </message>
    <message>
        <source>{0} is still being repaired.</source>
        <translation>{0} 仍在修复中。</translation>
    </message>
    <message>
        <source>If you close it now, the repair stops and has to begin anew.</source>
        <translation>如果现在关闭，修复将停止，下次须重新开始。</translation>
    </message>
    <message>
        <source>The work that you open takes its place. The scan is untouched.</source>
        <translation>您打开的工作将取代它。扫描件不受影响。</translation>
    </message>
    <message>
        <source>The work that you open takes its place, and the repair stops.</source>
        <translation>您打开的工作将取代它，修复随之停止。</translation>
    </message>
    <message>
        <source>Not finished yet: {0}.</source>
        <translation>尚未完成：{0}。</translation>
    </message>
    <message>
        <source>If you close Restorer now, it stops; it can go on from there later.</source>
        <translation>如果现在关闭 Restorer，它将停止；以后可以从该处继续。</translation>
    </message>
    <message>
        <source>, </source>
        <translation>、</translation>
    </message>
    <message>
        <source>{0} and {1} more</source>
        <translation>{0} 以及另外 {1} 项</translation>
    </message>
    <message>
        <source>Not finished yet</source>
        <translation>尚未完成</translation>
    </message>
    <message>
        <source>Close without saving</source>
        <translation>不保存直接关闭</translation>
    </message>
    <message>
        <source>Stop and close</source>
        <translation>停止并关闭</translation>
    </message>
    <message>
        <source>Open the other work</source>
        <translation>打开另一份工作</translation>
    </message>
    <message>
        <source>Keep working</source>
        <translation>继续工作</translation>
    </message>
    <message>
        <source>About Restorer</source>
        <translation>关于 Restorer</translation>
    </message>
    <message>
        <source>Repairs old photographs on your own computer and changes nothing outside the agreed mask.

Apache-2.0, the weights included. Uses Qt (LGPL-3.0), PyTorch, OpenCV and others.</source>
        <translation>在您自己的计算机上修复老照片，绝不改动认可的蒙版之外的任何内容。

Apache-2.0 许可，包括权重。使用 Qt (LGPL-3.0)、PyTorch、OpenCV 等。</translation>
    </message>
    <message>
        <source>Photograph not found</source>
        <translation>找不到照片</translation>
    </message>
    <message>
        <source>Choose where it is now; the work on it is in the project.</source>
        <translation>请选择它现在的位置；所做的工作在项目中。</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>选择…</translation>
    </message>
    <message>
        <source>Where is the photograph?</source>
        <translation>照片在哪里？</translation>
    </message>
    <message>
        <source>Replace project</source>
        <translation>替换项目</translation>
    </message>
    <message>
        <source>There is a project named {0} already.</source>
        <translation>已有名为 {0} 的项目。</translation>
    </message>
    <message>
        <source>Replace it</source>
        <translation>替换</translation>
    </message>
</context>
<context>
    <name>DocumentSession</name>
    <message>
        <source>Adjust detection</source>
        <translation>调整检测</translation>
    </message>
    <message>
        <source>Pasted picture</source>
        <translation>粘贴的图片</translation>
    </message>
    <message>
        <source>Find damage</source>
        <translation>查找损坏</translation>
    </message>
    <message>
        <source>Repair</source>
        <translation>修复</translation>
    </message>
    <message>
        <source>Repair one place</source>
        <translation>修复一处</translation>
    </message>
    <message>
        <source>Several ways to fill</source>
        <translation>多种填补方式</translation>
    </message>
    <message>
        <source>Another fill</source>
        <translation>另一种填补</translation>
    </message>
    <message>
        <source>Places that are as in the scan again, since they are not marked any more: {0}. Ctrl+Z brings their repairs back.</source>
        <translation>因不再标记而恢复为扫描件原样的位置：{0} 处。按 Ctrl+Z 可恢复修复。</translation>
    </message>
    <message>
        <source>Memory ran short: the work goes on with smaller tiles.</source>
        <translation>内存不足：将以更小的分块继续。</translation>
    </message>
    <message>
        <source>The graphics memory is too small: the work goes on on the processor.</source>
        <translation>显存不足：将在处理器上继续。</translation>
    </message>
    <message>
        <source>The photograph was changed meanwhile; the repair was not applied.</source>
        <translation>照片在此期间已被改动，修复未应用。</translation>
    </message>
    <message>
        <source>Everything that is marked is repaired already.</source>
        <translation>标记的部分均已修复。</translation>
    </message>
</context>
<context>
    <name>ErrorDialog</name>
    <message>
        <source>{0} did not work</source>
        <translation>{0}未能完成</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>详细信息</translation>
    </message>
    <message>
        <source>Log file: {0}</source>
        <translation>日志文件：{0}</translation>
    </message>
    <message>
        <source>&amp;Details</source>
        <translation>详细信息(&amp;D)</translation>
    </message>
    <message>
        <source>&amp;Copy</source>
        <translation>复制(&amp;C)</translation>
    </message>
    <message>
        <source>Copy the details for a report</source>
        <translation>复制详细信息用于报告</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Open &amp;log folder</source>
        <translation>打开日志文件夹(&amp;L)</translation>
    </message>
    <message>
        <source>There is not enough memory for this photograph.</source>
        <translation>内存不足以处理这张照片。</translation>
    </message>
    <message>
        <source>Close other programs and try again. Nothing was changed.</source>
        <translation>请关闭其他程序后重试。未做任何改动。</translation>
    </message>
    <message>
        <source>Something went wrong that should not.</source>
        <translation>发生了不应有的错误。</translation>
    </message>
    <message>
        <source>Nothing was changed or lost. Please report it with the details.</source>
        <translation>没有任何改动或丢失。请附上详细信息报告此问题。</translation>
    </message>
</context>
<context>
    <name>ExportDialog</name>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>Recommended ({0})</source>
        <translation>推荐 ({0})</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>格式</translation>
    </message>
    <message>
        <source>As the scan ({0} bit)</source>
        <translation>与扫描件相同（{0} 位）</translation>
    </message>
    <message>
        <source>{0} bit</source>
        <translation>{0} 位</translation>
    </message>
    <message>
        <source>Bit depth</source>
        <translation>位深</translation>
    </message>
    <message>
        <source>Quality</source>
        <translation>质量</translation>
    </message>
    <message>
        <source>Keep everything</source>
        <translation>全部保留</translation>
    </message>
    <message>
        <source>Keep all but the place</source>
        <translation>除拍摄地点外全部保留</translation>
    </message>
    <message>
        <source>Leave out EXIF, IPTC and XMP</source>
        <translation>不写入 EXIF、IPTC 和 XMP</translation>
    </message>
    <message>
        <source>Metadata</source>
        <translation>元数据</translation>
    </message>
    <message>
        <source>File name</source>
        <translation>文件名</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>Beside the scan: {0}</source>
        <translation>扫描件旁边：{0}</translation>
    </message>
    <message>
        <source>&amp;Choose…</source>
        <translation>选择(&amp;C)…</translation>
    </message>
    <message>
        <source>&amp;Format</source>
        <translation>格式(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Bit depth</source>
        <translation>位深(&amp;B)</translation>
    </message>
    <message>
        <source>&amp;Quality</source>
        <translation>质量(&amp;Q)</translation>
    </message>
    <message>
        <source>&amp;Metadata</source>
        <translation>元数据(&amp;M)</translation>
    </message>
    <message>
        <source>File &amp;name</source>
        <translation>文件名(&amp;N)</translation>
    </message>
    <message>
        <source>{name}, {date}, {format}, {width}, {height} and {n} are replaced.</source>
        <translation>{name}、{date}、{format}、{width}、{height} 和 {n} 会被替换。</translation>
    </message>
    <message>
        <source>F&amp;older</source>
        <translation>文件夹(&amp;O)</translation>
    </message>
    <message>
        <source>Folder for exports</source>
        <translation>导出文件夹</translation>
    </message>
    <message>
        <source>New file: {0}</source>
        <translation>新文件：{0}</translation>
    </message>
    <message>
        <source>Estimating the size…</source>
        <translation>正在估计大小…</translation>
    </message>
    <message>
        <source>This format compresses with loss: pixels outside the mask change a little too.</source>
        <translation>此格式为有损压缩：蒙版外的像素也会略有变化。</translation>
    </message>
    <message>
        <source>The scan has more bits than this file: fine gradation is lost.</source>
        <translation>扫描件的位深高于此文件：会丢失细微层次。</translation>
    </message>
    <message>
        <source>Transparency is left out.</source>
        <translation>不包含透明度。</translation>
    </message>
    <message>
        <source>The infrared channel is left out.</source>
        <translation>不包含红外通道。</translation>
    </message>
    <message>
        <source>This format has no place for EXIF, IPTC and XMP.</source>
        <translation>此格式无法保存 EXIF、IPTC 和 XMP。</translation>
    </message>
    <message>
        <source>The EXIF of the photograph is damaged and has no place in a TIFF.</source>
        <translation>照片的 EXIF 已损坏，无法存入 TIFF。</translation>
    </message>
    <message>
        <source>This file has no place for the comments of the photograph.</source>
        <translation>此文件无法保存照片的注释。</translation>
    </message>
    <message>
        <source>Every pixel outside the mask is in the file as it was read.</source>
        <translation>蒙版以外的每个像素都原样写入文件。</translation>
    </message>
    <message>
        <source>About {0}, {1} × {2} pixels, {3} bit</source>
        <translation>约 {0}，{1} × {2} 像素，{3} 位</translation>
    </message>
    <message>
        <source>Write a &amp;record beside it</source>
        <translation>在旁边写入记录(&amp;R)</translation>
    </message>
    <message>
        <source>A text and two pictures, from which “restorer replay” makes the same pixels again: for archives that have to show what was changed.</source>
        <translation>一个文本文件和两张图片，“restorer replay”可据此再次得到完全相同的像素：供需要说明改动之处的档案使用。</translation>
    </message>
    <message>
        <source>Beside it: {0}</source>
        <translation>同时写入：{0}</translation>
    </message>
</context>
<context>
    <name>FileActions</name>
    <message>
        <source>Open photographs</source>
        <translation>打开照片</translation>
    </message>
    <message>
        <source>Photographs and projects</source>
        <translation>照片和项目</translation>
    </message>
    <message>
        <source>All files</source>
        <translation>所有文件</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>打开文件夹</translation>
    </message>
    <message>
        <source>Looking for photographs…</source>
        <translation>正在查找照片…</translation>
    </message>
    <message>
        <source>There is no photograph in this folder.</source>
        <translation>此文件夹中没有照片。</translation>
    </message>
    <message>
        <source>Only the first {0} photographs are shown; a batch takes them all.</source>
        <translation>仅显示前 {0} 张照片；批处理可处理全部照片。</translation>
    </message>
    <message>
        <source>{0} files could not be opened.</source>
        <translation>有 {0} 个文件无法打开。</translation>
    </message>
    <message>
        <source>They were taken out of the film strip, not off the drive. The details tell why.</source>
        <translation>它们已从胶片条中移除，但仍在磁盘上。原因见“详细信息”。</translation>
    </message>
    <message>
        <source>Opening files</source>
        <translation>打开文件</translation>
    </message>
    <message>
        <source>The clipboard holds no picture.</source>
        <translation>剪贴板中没有图片。</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>Written: {0}</source>
        <translation>已写入：{0}</translation>
    </message>
</context>
<context>
    <name>FilmStrip</name>
    <message>
        <source>Open photographs</source>
        <translation>打开照片</translation>
    </message>
    <message>
        <source>{0}, work not saved</source>
        <translation>{0}，有未保存的修改</translation>
    </message>
</context>
<context>
    <name>FilterBar</name>
    <message>
        <source>Show as rows</source>
        <translation>按行显示</translation>
    </message>
    <message>
        <source>Show as tiles</source>
        <translation>按图块显示</translation>
    </message>
    <message>
        <source>All</source>
        <translation>全部</translation>
    </message>
    <message>
        <source>Show {0}: {1}</source>
        <translation>显示 {0}：{1}</translation>
    </message>
</context>
<context>
    <name>FolderWatch</name>
    <message>
        <source>Watching the folders</source>
        <translation>正在监视文件夹</translation>
    </message>
</context>
<context>
    <name>Foreground</name>
    <message>
        <source>{0}: cancelled, nothing was changed.</source>
        <translation>{0}：已取消，未作任何更改。</translation>
    </message>
    <message>
        <source>{0}: waiting for another photograph</source>
        <translation>{0}：正在等待另一张照片</translation>
    </message>
</context>
<context>
    <name>HistoryPanel</name>
    <message>
        <source>History</source>
        <translation>历史</translation>
    </message>
    <message>
        <source>Choose a step to go back or forward to it</source>
        <translation>选择一个步骤即可前进或后退到该步</translation>
    </message>
    <message>
        <source>No photograph is open.</source>
        <translation>没有打开的照片。</translation>
    </message>
    <message>
        <source>Opened</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Earliest kept step</source>
        <translation>保留的最早步骤</translation>
    </message>
    <message>
        <source>1 step</source>
        <translation>1 步</translation>
    </message>
    <message>
        <source>{0} steps</source>
        <translation>{0} 步</translation>
    </message>
    <message>
        <source>{0}, {1} kept to go back</source>
        <translation>{0}，占用 {1} 以便回退</translation>
    </message>
    <message>
        <source>Nothing was changed yet.</source>
        <translation>尚未做任何改动。</translation>
    </message>
    <message>
        <source>; {0} older ones were dropped</source>
        <translation>；已丢弃 {0} 个较早的步骤</translation>
    </message>
</context>
<context>
    <name>KeySheet</name>
    <message>
        <source>Keys</source>
        <translation>快捷键</translation>
    </message>
</context>
<context>
    <name>Keys</name>
    <message>
        <source>Mouse and held keys</source>
        <translation>鼠标和按住的键</translation>
    </message>
    <message>
        <source>Pan while held</source>
        <translation>按住时平移</translation>
    </message>
    <message>
        <source>Space</source>
        <translation>空格</translation>
    </message>
    <message>
        <source>Erase while held</source>
        <translation>按住时擦除</translation>
    </message>
    <message>
        <source>Click: straight line from the last point</source>
        <translation>单击：从上一点画直线</translation>
    </message>
    <message>
        <source>Size of the brush</source>
        <translation>画笔大小</translation>
    </message>
    <message>
        <source>Ctrl+Wheel</source>
        <translation>Ctrl+滚轮</translation>
    </message>
    <message>
        <source>Zoom at the pointer</source>
        <translation>在指针处缩放</translation>
    </message>
    <message>
        <source>Wheel</source>
        <translation>滚轮</translation>
    </message>
    <message>
        <source>K  Arrows</source>
        <translation>K  方向键</translation>
    </message>
    <message>
        <source>Next control</source>
        <translation>下一个控件</translation>
    </message>
    <message>
        <source>Pointer by keyboard</source>
        <translation>键盘指针</translation>
    </message>
    <message>
        <source>It moves far, or by one pixel</source>
        <translation>大步移动，或移动一个像素</translation>
    </message>
    <message>
        <source>It clicks, or draws while held</source>
        <translation>点击，按住则绘制</translation>
    </message>
    <message>
        <source>It stays pressed until Enter</source>
        <translation>保持按下，直到再按 Enter</translation>
    </message>
</context>
<context>
    <name>Loupe</name>
    <message>
        <source>Loupe</source>
        <translation>放大镜</translation>
    </message>
    <message>
        <source>What lies under the pointer, enlarged; the wheel changes how much</source>
        <translation>放大显示指针下的内容；滚轮改变倍率</translation>
    </message>
    <message>
        <source>Move the pointer over the photograph</source>
        <translation>请将指针移到照片上</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>Open &amp;again</source>
        <translation>最近打开(&amp;A)</translation>
    </message>
    <message>
        <source>D&amp;evice</source>
        <translation>设备(&amp;E)</translation>
    </message>
    <message>
        <source>Pan&amp;els</source>
        <translation>面板(&amp;E)</translation>
    </message>
    <message>
        <source>Main tool bar</source>
        <translation>主工具栏</translation>
    </message>
    <message>
        <source>Tools</source>
        <translation>工具</translation>
    </message>
    <message>
        <source>Navigator</source>
        <translation>导航器</translation>
    </message>
    <message>
        <source>Loupe</source>
        <translation>放大镜</translation>
    </message>
    <message>
        <source>Find</source>
        <translation>查找</translation>
    </message>
    <message>
        <source>Mask</source>
        <translation>蒙版</translation>
    </message>
    <message>
        <source>Repair</source>
        <translation>修复</translation>
    </message>
    <message>
        <source>History</source>
        <translation>历史</translation>
    </message>
    <message>
        <source>View</source>
        <translation>查看</translation>
    </message>
    <message>
        <source>Work</source>
        <translation>工作</translation>
    </message>
    <message>
        <source>Photographs</source>
        <translation>照片</translation>
    </message>
</context>
<context>
    <name>MaskActions</name>
    <message>
        <source>Masks</source>
        <translation>蒙版</translation>
    </message>
    <message>
        <source>Import mask</source>
        <translation>导入蒙版</translation>
    </message>
    <message>
        <source>Export mask</source>
        <translation>导出蒙版</translation>
    </message>
    <message>
        <source>Mask from infrared</source>
        <translation>由红外通道生成蒙版</translation>
    </message>
    <message>
        <source>The infrared channel shows no damage.</source>
        <translation>红外通道中没有显示损坏。</translation>
    </message>
</context>
<context>
    <name>Menus</name>
    <message>
        <source>&amp;File</source>
        <translation>文件(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>编辑(&amp;E)</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>视图(&amp;V)</translation>
    </message>
    <message>
        <source>&amp;Tools</source>
        <translation>工具(&amp;T)</translation>
    </message>
    <message>
        <source>&amp;Mask</source>
        <translation>蒙版(&amp;M)</translation>
    </message>
    <message>
        <source>&amp;Repair</source>
        <translation>修复(&amp;R)</translation>
    </message>
    <message>
        <source>M&amp;odels</source>
        <translation>模型(&amp;O)</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>帮助(&amp;H)</translation>
    </message>
</context>
<context>
    <name>ModelTitles</name>
    <message>
        <source>Repair: fills holes, from faithful to textured</source>
        <translation>修复：填补缺损，从忠实到富有纹理</translation>
    </message>
    <message>
        <source>VAE-GAN: another seed, another plausible fill</source>
        <translation>VAE-GAN：换一个种子，换一种合理的填补</translation>
    </message>
</context>
<context>
    <name>Navigator</name>
    <message>
        <source>Navigator</source>
        <translation>导航器</translation>
    </message>
    <message>
        <source>Click or drag to move the view</source>
        <translation>单击或拖动以移动视图</translation>
    </message>
</context>
<context>
    <name>Offer</name>
    <message>
        <source>There is a batch in this folder.</source>
        <translation>此文件夹中有一个批处理。</translation>
    </message>
    <message>
        <source>Unfinished: {0} of {1} photographs are still to be looked at.</source>
        <translation>未完成：{1} 张照片中还有 {0} 张待查看。</translation>
    </message>
    <message>
        <source>Unfinished: {0} of {1} photographs are left.</source>
        <translation>未完成：{1} 张照片中还剩 {0} 张。</translation>
    </message>
    <message>
        <source>&amp;Go on</source>
        <translation>继续(&amp;G)</translation>
    </message>
    <message>
        <source>Go on where it was left</source>
        <translation>从中断处继续</translation>
    </message>
    <message>
        <source>Do not offer again</source>
        <translation>不再提示</translation>
    </message>
    <message>
        <source>Nothing is deleted; dropping the folder here finds the batch again</source>
        <translation>不会删除任何内容；将文件夹拖到这里即可再次找到该批处理</translation>
    </message>
</context>
<context>
    <name>ProgressHead</name>
    <message>
        <source>Progress of the batch</source>
        <translation>批处理进度</translation>
    </message>
    <message>
        <source>&amp;Pause</source>
        <translation>暂停(&amp;P)</translation>
    </message>
    <message>
        <source>Cancel &amp;all</source>
        <translation>全部取消(&amp;A)</translation>
    </message>
    <message>
        <source>Give up everything that is not finished; “Try again” puts it back into the list</source>
        <translation>放弃所有未完成的；“重试”可将其放回列表</translation>
    </message>
    <message>
        <source>R&amp;esults</source>
        <translation>结果(&amp;E)</translation>
    </message>
    <message>
        <source>Open the folder of the results</source>
        <translation>打开结果文件夹</translation>
    </message>
    <message>
        <source>Repo&amp;rt</source>
        <translation>报告(&amp;R)</translation>
    </message>
    <message>
        <source>Open the report with all pictures, states and reasons</source>
        <translation>打开包含所有图片、状态和原因的报告</translation>
    </message>
    <message>
        <source>{0} of {1}</source>
        <translation>{0} / {1}</translation>
    </message>
    <message>
        <source>Begins when the search has ended</source>
        <translation>查找结束后开始</translation>
    </message>
    <message>
        <source>Pausing: what is at work is finished first</source>
        <translation>正在暂停：先完成正在处理的照片</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>已暂停</translation>
    </message>
    <message>
        <source>Stopped; {0} left</source>
        <translation>已停止；还剩 {0} 张</translation>
    </message>
    <message>
        <source>Finished</source>
        <translation>已完成</translation>
    </message>
    <message>
        <source>At work</source>
        <translation>处理中</translation>
    </message>
    <message>
        <source>{0} a minute · {1} left</source>
        <translation>每分钟 {0} 张 · 还剩 {1}</translation>
    </message>
    <message>
        <source>&amp;Go on</source>
        <translation>继续(&amp;G)</translation>
    </message>
    <message>
        <source>Work on what waits</source>
        <translation>处理等待中的照片</translation>
    </message>
    <message>
        <source>Finish what is at work and begin nothing new; closing the program is safe as well</source>
        <translation>完成正在处理的，不再开始新的；直接关闭程序也是安全的</translation>
    </message>
    <message>
        <source>&amp;Watch</source>
        <translation>监视(&amp;W)</translation>
    </message>
    <message>
        <source>Stop &amp;watching</source>
        <translation>停止监视(&amp;W)</translation>
    </message>
    <message>
        <source>Go on looking into the folders and repair new photographs as they come</source>
        <translation>持续查看文件夹，有新照片时自动修复</translation>
    </message>
    <message>
        <source>Waiting for new photographs</source>
        <translation>等待新照片</translation>
    </message>
</context>
<context>
    <name>ProjectActions</name>
    <message>
        <source>Saving the project</source>
        <translation>正在保存项目</translation>
    </message>
    <message>
        <source>Opening {0}…</source>
        <translation>正在打开 {0}…</translation>
    </message>
    <message>
        <source>Opening {0}</source>
        <translation>打开 {0}</translation>
    </message>
    <message>
        <source>Photographs</source>
        <translation>照片</translation>
    </message>
    <message>
        <source>Save project</source>
        <translation>保存项目</translation>
    </message>
    <message>
        <source>Projects of Restorer</source>
        <translation>Restorer 项目</translation>
    </message>
    <message>
        <source>Saved: {0}</source>
        <translation>已保存：{0}</translation>
    </message>
    <message>
        <source>Recovering unsaved work</source>
        <translation>正在恢复未保存的工作</translation>
    </message>
</context>
<context>
    <name>QueueGrid</name>
    <message>
        <source>Photographs of the batch</source>
        <translation>批处理的照片</translation>
    </message>
</context>
<context>
    <name>QueuePage</name>
    <message>
        <source>&amp;Open in the editor</source>
        <translation>在编辑器中打开(&amp;O)</translation>
    </message>
    <message>
        <source>Open the photograph with its mask and its repair, to correct them</source>
        <translation>打开照片及其蒙版和修复以便修正</translation>
    </message>
    <message>
        <source>&amp;Try again</source>
        <translation>重试(&amp;T)</translation>
    </message>
    <message>
        <source>Put back what failed, was cancelled or was skipped; what is there already stays</source>
        <translation>把失败、已取消或已跳过的照片放回列表；已有的文件保持不变</translation>
    </message>
    <message>
        <source>&amp;Cancel</source>
        <translation>取消(&amp;C)</translation>
    </message>
    <message>
        <source>Give up the selected photographs</source>
        <translation>放弃所选照片</translation>
    </message>
    <message>
        <source>To the to&amp;p</source>
        <translation>置顶(&amp;P)</translation>
    </message>
    <message>
        <source>Work on the selected photographs next</source>
        <translation>接下来处理所选照片</translation>
    </message>
    <message>
        <source>&amp;Up</source>
        <translation>上移(&amp;U)</translation>
    </message>
    <message>
        <source>One place earlier; rows can be dragged as well</source>
        <translation>提前一位；也可以拖动行</translation>
    </message>
    <message>
        <source>Do&amp;wn</source>
        <translation>下移(&amp;W)</translation>
    </message>
    <message>
        <source>One place later; rows can be dragged as well</source>
        <translation>推后一位；也可以拖动行</translation>
    </message>
    <message>
        <source>Show in &amp;folder</source>
        <translation>在文件夹中显示(&amp;F)</translation>
    </message>
    <message>
        <source>Open the folder of the result</source>
        <translation>打开结果所在的文件夹</translation>
    </message>
    <message>
        <source>Try all fa&amp;iled again</source>
        <translation>重试所有失败的(&amp;I)</translation>
    </message>
    <message>
        <source>Cop&amp;y list</source>
        <translation>复制列表(&amp;Y)</translation>
    </message>
    <message>
        <source>Copy all names and reasons as text</source>
        <translation>将所有名称和原因复制为文本</translation>
    </message>
    <message>
        <source>Photographs are being listed…</source>
        <translation>正在列出照片…</translation>
    </message>
    <message>
        <source>Not repaired, with the reason: {0}</source>
        <translation>未修复，原因：{0}</translation>
    </message>
    <message>
        <source>Select one photograph in the list.</source>
        <translation>请在列表中选择一张照片。</translation>
    </message>
    <message>
        <source>It is being worked on.</source>
        <translation>正在处理这张照片。</translation>
    </message>
    <message>
        <source>None that is selected failed, was cancelled or was skipped.</source>
        <translation>所选照片中没有失败、已取消或已跳过的。</translation>
    </message>
    <message>
        <source>All that are selected are finished.</source>
        <translation>所选照片都已处理完毕。</translation>
    </message>
    <message>
        <source>Only what still waits can change its place.</source>
        <translation>只有仍在等待的照片才能改变次序。</translation>
    </message>
    <message>
        <source>{0} selected</source>
        <translation>已选 {0} 张</translation>
    </message>
    <message>
        <source>Select photographs in the list.</source>
        <translation>请在列表中选择照片。</translation>
    </message>
</context>
<context>
    <name>QueueTable</name>
    <message>
        <source>Photographs of the batch</source>
        <translation>批处理的照片</translation>
    </message>
</context>
<context>
    <name>ReasonList</name>
    <message>
        <source>Failures with their reasons</source>
        <translation>失败及其原因</translation>
    </message>
</context>
<context>
    <name>Recipe</name>
    <message>
        <source>Find damage</source>
        <translation>查找损坏</translation>
    </message>
    <message>
        <source>Repair</source>
        <translation>修复</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Sensitivity</source>
        <translation>灵敏度</translation>
    </message>
    <message>
        <source>Smallest damage</source>
        <translation>最小损坏</translation>
    </message>
    <message>
        <source>Largest damage</source>
        <translation>最大损坏</translation>
    </message>
    <message>
        <source>Damage that is</source>
        <translation>损坏类型</translation>
    </message>
    <message>
        <source>light or dark</source>
        <translation>亮或暗</translation>
    </message>
    <message>
        <source>light</source>
        <translation>亮</translation>
    </message>
    <message>
        <source>dark</source>
        <translation>暗</translation>
    </message>
    <message>
        <source>Detail</source>
        <translation>细节</translation>
    </message>
    <message>
        <source>Widen mask by</source>
        <translation>蒙版加宽</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>种子</translation>
    </message>
    <message>
        <source>Study each photograph</source>
        <translation>学习每张照片</translation>
    </message>
    <message>
        <source>The network of this stage</source>
        <translation>此阶段的网络</translation>
    </message>
    <message>
        <source>Higher finds fainter damage, and more false alarms</source>
        <translation>越高能找到越淡的损坏，误报也越多</translation>
    </message>
    <message>
        <source>Smaller places are left alone, in pixels of their area</source>
        <translation>面积（像素）更小的地方不处理</translation>
    </message>
    <message>
        <source>Larger places are left alone, in pixels of their area</source>
        <translation>面积（像素）更大的地方不处理</translation>
    </message>
    <message>
        <source>Compared with its surroundings</source>
        <translation>与周围相比</translation>
    </message>
    <message>
        <source>0 % is the smoothest, most probable fill; above that it has grain, and wide holes have texture from elsewhere in the photograph</source>
        <translation>0 % 为最平滑、最可能的填充；更高时带有颗粒，宽大的破损处会使用照片其他位置的纹理</translation>
    </message>
    <message>
        <source>Damage has soft edges: this rim is filled as well</source>
        <translation>损坏的边缘是柔和的：这一圈也会被填补</translation>
    </message>
    <message>
        <source>Another seed gives other grain and texture</source>
        <translation>不同的种子产生不同的颗粒和纹理</translation>
    </message>
    <message>
        <source>Steps of practice on the undamaged part of each photograph; slow, and often better</source>
        <translation>在每张照片未损坏部分上练习的步数；较慢，但往往更好</translation>
    </message>
    <message>
        <source> px</source>
        <translation> 像素</translation>
    </message>
    <message>
        <source> steps</source>
        <translation> 步</translation>
    </message>
    <message>
        <source>off</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>any</source>
        <translation>不限</translation>
    </message>
    <message>
        <source>Default</source>
        <translation>默认</translation>
    </message>
    <message>
        <source>{0} (not installed)</source>
        <translation>{0}（未安装）</translation>
    </message>
    <message>
        <source>Whether this stage is part of the recipe</source>
        <translation>此阶段是否属于方案</translation>
    </message>
</context>
<context>
    <name>RecipeForm</name>
    <message>
        <source>What is wrong with the recipe</source>
        <translation>方案的问题</translation>
    </message>
    <message>
        <source>&amp;Load…</source>
        <translation>载入(&amp;L)…</translation>
    </message>
    <message>
        <source>Take a recipe from a file; the command line takes the same files</source>
        <translation>从文件载入方案；命令行使用同样的文件</translation>
    </message>
    <message>
        <source>Sa&amp;ve…</source>
        <translation>保存(&amp;V)…</translation>
    </message>
    <message>
        <source>Write this recipe into a file</source>
        <translation>将此方案写入文件</translation>
    </message>
    <message>
        <source>&amp;Defaults</source>
        <translation>默认值(&amp;D)</translation>
    </message>
    <message>
        <source>Find and repair with the usual settings</source>
        <translation>用常用设置查找并修复</translation>
    </message>
    <message>
        <source>Load recipe</source>
        <translation>载入方案</translation>
    </message>
    <message>
        <source>Recipes (*.json)</source>
        <translation>方案 (*.json)</translation>
    </message>
    <message>
        <source>Save recipe</source>
        <translation>保存方案</translation>
    </message>
</context>
<context>
    <name>RecoveryDialog</name>
    <message>
        <source>Unsaved work was found</source>
        <translation>发现未保存的工作</translation>
    </message>
    <message>
        <source>Restorer did not end as it should. This work was found:</source>
        <translation>Restorer 未正常结束。找到以下工作：</translation>
    </message>
    <message>
        <source>Later: it is offered again at the next start.</source>
        <translation>稍后：下次启动时会再次提示。</translation>
    </message>
    <message>
        <source>Unsaved work</source>
        <translation>未保存的工作</translation>
    </message>
    <message>
        <source>Unknown photograph</source>
        <translation>未知照片</translation>
    </message>
    <message>
        <source>Pasted picture</source>
        <translation>粘贴的图片</translation>
    </message>
    <message>
        <source>1 step</source>
        <translation>1 步</translation>
    </message>
    <message>
        <source>{0} steps</source>
        <translation>{0} 步</translation>
    </message>
    <message>
        <source>&amp;Recover</source>
        <translation>恢复(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;Later</source>
        <translation>稍后(&amp;L)</translation>
    </message>
    <message>
        <source>&amp;Throw away</source>
        <translation>丢弃(&amp;T)</translation>
    </message>
</context>
<context>
    <name>RegionList</name>
    <message>
        <source>{0}.  {1} × {2} px, area {3}</source>
        <translation>{0}.  {1} × {2} 像素，面积 {3}</translation>
    </message>
    <message>
        <source>At {0}, {1}. Click to go there.</source>
        <translation>位于 ({0}, {1})。单击转到该处。</translation>
    </message>
</context>
<context>
    <name>RepairPanel</name>
    <message>
        <source>Repair</source>
        <translation>修复</translation>
    </message>
    <message>
        <source>Previous</source>
        <translation>上一处</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>下一处</translation>
    </message>
    <message>
        <source>Fill this spot differently…</source>
        <translation>换一种方式填补此处…</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>The network that fills</source>
        <translation>用于填补的网络</translation>
    </message>
    <message>
        <source>Mode&amp;l</source>
        <translation>模型(&amp;L)</translation>
    </message>
    <message>
        <source>&amp;Detail</source>
        <translation>细节(&amp;D)</translation>
    </message>
    <message>
        <source>0 % is the smoothest, most probable fill; above that it has grain, and wide holes have texture from elsewhere in the photograph</source>
        <translation>0 % 为最平滑、最可能的填充；更高时带有颗粒，宽大的破损处会使用照片其他位置的纹理</translation>
    </message>
    <message>
        <source>Widen mas&amp;k by</source>
        <translation>蒙版加宽(&amp;K)</translation>
    </message>
    <message>
        <source> px</source>
        <translation> 像素</translation>
    </message>
    <message>
        <source>Damage has soft edges: this rim is filled as well, and is part of the mask</source>
        <translation>损坏的边缘是柔和的：这一圈也会被填补，并属于蒙版</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>种子</translation>
    </message>
    <message>
        <source>Another seed gives other grain and texture</source>
        <translation>不同的种子产生不同的颗粒和纹理</translation>
    </message>
    <message>
        <source>Nothing repaired yet</source>
        <translation>尚未修复</translation>
    </message>
    <message>
        <source>Only pixels inside the mask will change.</source>
        <translation>只有蒙版内的像素会改变。</translation>
    </message>
    <message>
        <source>Comparing with the scan…</source>
        <translation>正在与扫描件比较…</translation>
    </message>
    <message>
        <source>The pixels that changed are being counted.</source>
        <translation>正在统计更改的像素。</translation>
    </message>
    <message>
        <source>{0} pixels changed outside the mask</source>
        <translation>蒙版外有 {0} 个像素被改动</translation>
    </message>
    <message>
        <source>Please report this.</source>
        <translation>请报告此问题。</translation>
    </message>
    <message>
        <source>0 pixels changed outside the mask</source>
        <translation>蒙版外 0 个像素被改动</translation>
    </message>
    <message>
        <source>1 spot, {1} pixels changed inside</source>
        <translation>1 处，内部更改了 {1} 个像素</translation>
    </message>
    <message>
        <source>{0} spots, {1} pixels changed inside</source>
        <translation>{0} 处，蒙版内改动 {1} 个像素</translation>
    </message>
    <message>
        <source>Stud&amp;y this photograph</source>
        <translation>学习这张照片(&amp;Y)</translation>
    </message>
    <message>
        <source> steps</source>
        <translation> 步</translation>
    </message>
    <message>
        <source>The network first practises on the undamaged parts of this photograph; slower, and better where a pattern repeats. It keeps what it learns only if that fills better. 0 = not at all</source>
        <translation>网络先在这张照片未损坏的部分上练习；较慢，但在有重复纹样的地方更好。只有确实填补得更好时才保留所学。0 = 不学习</translation>
    </message>
</context>
<context>
    <name>SettingsDialog</name>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>&amp;Theme</source>
        <translation>主题(&amp;T)</translation>
    </message>
    <message>
        <source>&amp;Language</source>
        <translation>语言(&amp;L)</translation>
    </message>
    <message>
        <source>&amp;Device</source>
        <translation>设备(&amp;D)</translation>
    </message>
    <message>
        <source>A new language is shown when Restorer starts again.</source>
        <translation>新的语言在 Restorer 重新启动后生效。</translation>
    </message>
</context>
<context>
    <name>SourceList</name>
    <message>
        <source>Files and folders of the batch</source>
        <translation>批处理的文件和文件夹</translation>
    </message>
    <message>
        <source>Drop photographs or folders here.
Folders keep their sub-folders in the results.</source>
        <translation>将照片或文件夹拖放到这里。
结果中保留文件夹的子文件夹结构。</translation>
    </message>
</context>
<context>
    <name>StatusLine</name>
    <message>
        <source>Size of the photograph</source>
        <translation>照片尺寸</translation>
    </message>
    <message>
        <source>Position of the pointer</source>
        <translation>指针位置</translation>
    </message>
    <message>
        <source>Zoom</source>
        <translation>缩放</translation>
    </message>
    <message>
        <source>What computes; click to change it</source>
        <translation>计算设备；单击可更改</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>设备</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>进度</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>{0} s left</source>
        <translation>还剩 {0} 秒</translation>
    </message>
    <message>
        <source>{0} min left</source>
        <translation>还剩 {0} 分钟</translation>
    </message>
</context>
<context>
    <name>ToolOptions</name>
    <message>
        <source>Grow mask</source>
        <translation>扩大蒙版</translation>
    </message>
    <message>
        <source>Shrink mask</source>
        <translation>缩小蒙版</translation>
    </message>
    <message>
        <source>Invert mask</source>
        <translation>反转蒙版</translation>
    </message>
    <message>
        <source>Clear mask</source>
        <translation>清除蒙版</translation>
    </message>
    <message>
        <source> px</source>
        <translation> 像素</translation>
    </message>
    <message>
        <source>Si&amp;ze</source>
        <translation>大小(&amp;Z)</translation>
    </message>
    <message>
        <source>Diameter of the brush ([ and ])</source>
        <translation>画笔直径（[ 和 ]）</translation>
    </message>
    <message>
        <source>Hard&amp;ness</source>
        <translation>硬度(&amp;N)</translation>
    </message>
    <message>
        <source>How sharp its edge is ({ and })</source>
        <translation>边缘锐利程度（{ 和 }）</translation>
    </message>
    <message>
        <source>By how much the mask grows or shrinks</source>
        <translation>蒙版扩大或缩小的量</translation>
    </message>
    <message>
        <source>&amp;Grow</source>
        <translation>扩大(&amp;G)</translation>
    </message>
    <message>
        <source>A wider rim around everything marked</source>
        <translation>将所有标记向外加宽</translation>
    </message>
    <message>
        <source>Shrin&amp;k</source>
        <translation>缩小(&amp;K)</translation>
    </message>
    <message>
        <source>A narrower rim</source>
        <translation>将标记收窄</translation>
    </message>
    <message>
        <source>&amp;Invert</source>
        <translation>反转(&amp;I)</translation>
    </message>
    <message>
        <source>Mark what is not marked, and the other way round</source>
        <translation>标记与未标记互换</translation>
    </message>
    <message>
        <source>C&amp;lear</source>
        <translation>清除(&amp;L)</translation>
    </message>
    <message>
        <source>Unmark everything</source>
        <translation>取消所有标记</translation>
    </message>
    <message>
        <source>&amp;Show mask</source>
        <translation>显示蒙版(&amp;S)</translation>
    </message>
    <message>
        <source>Colour of the mask</source>
        <translation>蒙版颜色</translation>
    </message>
    <message>
        <source>Colour of protected places</source>
        <translation>保护区颜色</translation>
    </message>
    <message>
        <source>How much of the picture the mask hides</source>
        <translation>蒙版遮住图片的程度</translation>
    </message>
    <message>
        <source>O&amp;pacity</source>
        <translation>不透明度(&amp;P)</translation>
    </message>
    <message>
        <source>Brush</source>
        <translation>画笔</translation>
    </message>
    <message>
        <source>Overlay</source>
        <translation>叠加显示</translation>
    </message>
    <message>
        <source>Whole mask</source>
        <translation>整个蒙版</translation>
    </message>
</context>
<context>
    <name>Tools</name>
    <message>
        <source>Follow scratch</source>
        <translation>跟踪划痕</translation>
    </message>
    <message>
        <source>Click once on a scratch: the whole line is taken. Alt takes it away.</source>
        <translation>单击划痕即可选中整条线。按住 Alt 则去除。</translation>
    </message>
    <message>
        <source>There is no line here that could be followed.</source>
        <translation>这里没有可跟踪的线。</translation>
    </message>
    <message>
        <source>Regions</source>
        <translation>区域</translation>
    </message>
    <message>
        <source>Click a marked region to drop it, click damage to take it.</source>
        <translation>单击已标记的区域可去除，单击损坏处可选中。</translation>
    </message>
    <message>
        <source>Drop region</source>
        <translation>去除区域</translation>
    </message>
    <message>
        <source>Keep region</source>
        <translation>保留区域</translation>
    </message>
    <message>
        <source>There is no region here.</source>
        <translation>这里没有区域。</translation>
    </message>
    <message>
        <source>Line</source>
        <translation>直线</translation>
    </message>
    <message>
        <source>Drag along a straight scratch; Shift keeps to 15°, Alt erases.</source>
        <translation>沿直线划痕拖动；Shift 限制为 15°，Alt 擦除。</translation>
    </message>
    <message>
        <source>Rectangle</source>
        <translation>矩形</translation>
    </message>
    <message>
        <source>Drag from corner to corner; Shift makes a square, Alt erases.</source>
        <translation>从一角拖到另一角；Shift 为正方形，Alt 擦除。</translation>
    </message>
    <message>
        <source>Lasso</source>
        <translation>套索</translation>
    </message>
    <message>
        <source>Drag around the damage, or click corners and close with Enter or a double click; Alt erases.</source>
        <translation>围绕损坏拖动，或单击各角后按 Enter 或双击闭合；Alt 擦除。</translation>
    </message>
    <message>
        <source>Pan</source>
        <translation>平移</translation>
    </message>
    <message>
        <source>Drag to move the picture; wheel to zoom.</source>
        <translation>拖动以移动图片；滚轮缩放。</translation>
    </message>
    <message>
        <source>Brush</source>
        <translation>画笔</translation>
    </message>
    <message>
        <source>Drag to mark damage; Alt erases, Shift-click draws a straight line.</source>
        <translation>拖动以标记损坏；Alt 擦除，Shift 单击画直线。</translation>
    </message>
    <message>
        <source>Erase</source>
        <translation>擦除</translation>
    </message>
    <message>
        <source>Brush stroke</source>
        <translation>画笔涂抹</translation>
    </message>
    <message>
        <source>Eraser</source>
        <translation>橡皮擦</translation>
    </message>
    <message>
        <source>Drag to unmark; Shift-click erases a straight line.</source>
        <translation>拖动以取消标记；Shift 单击沿直线擦除。</translation>
    </message>
    <message>
        <source>Protect</source>
        <translation>保护</translation>
    </message>
    <message>
        <source>Drag over faces, captions, signatures: they are never filled. Alt erases.</source>
        <translation>涂抹人脸、题字、签名：这些地方绝不会被填补。Alt 擦除。</translation>
    </message>
    <message>
        <source>Unprotect</source>
        <translation>取消保护</translation>
    </message>
    <message>
        <source>Arrows move the pointer (Shift: far, Ctrl: one pixel). Space clicks, or draws while held; Enter holds the button until Enter. K ends.</source>
        <translation>方向键移动指针（Shift：大步，Ctrl：一个像素）。空格键点击，按住则绘制；Enter 保持按下，直到再按 Enter。K 结束。</translation>
    </message>
</context>
<context>
    <name>TriageGrid</name>
    <message>
        <source>Photographs by damage</source>
        <translation>按损坏程度排列的照片</translation>
    </message>
</context>
<context>
    <name>TriagePage</name>
    <message>
        <source>&amp;Approve</source>
        <translation>批准(&amp;A)</translation>
    </message>
    <message>
        <source>Repair it as it is marked</source>
        <translation>按标记修复</translation>
    </message>
    <message>
        <source>&amp;Redo by hand</source>
        <translation>手动重做(&amp;R)</translation>
    </message>
    <message>
        <source>Open it in the editor with its mask; the batch leaves it to you</source>
        <translation>连同蒙版在编辑器中打开；由您处理</translation>
    </message>
    <message>
        <source>&amp;Skip</source>
        <translation>跳过(&amp;S)</translation>
    </message>
    <message>
        <source>Leave it as it is</source>
        <translation>保持原样</translation>
    </message>
    <message>
        <source>&amp;Undecided</source>
        <translation>未决定(&amp;U)</translation>
    </message>
    <message>
        <source>Take the decision back</source>
        <translation>撤回决定</translation>
    </message>
    <message>
        <source>Show &amp;mask</source>
        <translation>显示蒙版(&amp;M)</translation>
    </message>
    <message>
        <source>Show or hide what is marked as damaged</source>
        <translation>显示或隐藏标记为损坏的部分</translation>
    </message>
    <message>
        <source>Approve the &amp;others</source>
        <translation>批准其余的(&amp;O)</translation>
    </message>
    <message>
        <source>Approve every damaged photograph that is undecided</source>
        <translation>批准所有未决定的损坏照片</translation>
    </message>
    <message>
        <source>Only what was approved is repaired and written</source>
        <translation>只有已批准的才会修复并写入</translation>
    </message>
    <message>
        <source>Could not be searched, with the reason: {0}</source>
        <translation>未能查找，原因如下：{0}</translation>
    </message>
    <message>
        <source>{0} approved · {1} by hand · {2} skipped · {3} undecided</source>
        <translation>{0} 已批准 · {1} 手动 · {2} 跳过 · {3} 未决定</translation>
    </message>
    <message>
        <source>Re&amp;pair the approved: {0}</source>
        <translation>修复已批准的(&amp;P)：{0}</translation>
    </message>
</context>
<context>
    <name>Welcome</name>
    <message>
        <source>Repairs old photographs, here on your computer, and changes nothing else.</source>
        <translation>就在您自己的计算机上修复老照片，其余部分一概不动。</translation>
    </message>
    <message>
        <source>Open photographs…</source>
        <translation>打开照片…</translation>
    </message>
    <message>
        <source>Open folder…</source>
        <translation>打开文件夹…</translation>
    </message>
    <message>
        <source>or drop them anywhere on this window</source>
        <translation>或拖放到此窗口的任意位置</translation>
    </message>
    <message>
        <source>Try it with a sample</source>
        <translation>用样片试一试</translation>
    </message>
    <message>
        <source>Two friends in Vienna, 1880s</source>
        <translation>维也纳的两位友人，1880 年代</translation>
    </message>
    <message>
        <source>Mark Twain, dust and scratches</source>
        <translation>马克·吐温，灰尘和划痕</translation>
    </message>
    <message>
        <source>Railway station, 1880s</source>
        <translation>火车站，1880 年代</translation>
    </message>
    <message>
        <source>Open {0}</source>
        <translation>打开 {0}</translation>
    </message>
    <message>
        <source>Find</source>
        <translation>查找</translation>
    </message>
    <message>
        <source>Damage is proposed;
sliders adjust it at once.</source>
        <translation>自动标出疑似损坏，
拖动滑块即时调整。</translation>
    </message>
    <message>
        <source>Correct</source>
        <translation>修正</translation>
    </message>
    <message>
        <source>Brush, line, lasso, or click
a scratch to follow it.</source>
        <translation>画笔、直线、套索，
或单击划痕进行跟踪。</translation>
    </message>
    <message>
        <source>Repair</source>
        <translation>修复</translation>
    </message>
    <message>
        <source>Only the marked pixels
change, and it is counted.</source>
        <translation>只改动标记的像素，
并报告改动的数目。</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>A new file beside the scan,
never over it.</source>
        <translation>写入扫描件旁的新文件，
绝不覆盖。</translation>
    </message>
    <message>
        <source>Open again</source>
        <translation>最近打开</translation>
    </message>
</context>
<context>
    <name>Workspace</name>
    <message>
        <source>Opening {0}</source>
        <translation>打开 {0}</translation>
    </message>
</context>
</TS>
