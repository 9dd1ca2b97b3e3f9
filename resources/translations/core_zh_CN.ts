<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN">
    <context>
        <name>Core</name>
        <message>
            <source>Dask is not installed.</source>
            <translation>未安装 Dask。</translation>
        </message>
        <message>
            <source>Install Restorer with the extra 'cluster', which brings it.</source>
            <translation>请安装带有附加组件 cluster 的 Restorer，其中包含 Dask。</translation>
        </message>
        <message>
            <source>The workers of the cluster end at once.</source>
            <translation>集群的工作进程一启动就结束了。</translation>
        </message>
        <message>
            <source>See their logs.</source>
            <translation>请查看其日志。</translation>
        </message>
        <message>
            <source>There is no Dask scheduler at '%1'.</source>
            <translation>在“%1”处没有 Dask 调度器。</translation>
        </message>
        <message>
            <source>Check the address.</source>
            <translation>请检查地址。</translation>
        </message>
        <message>
            <source>Not everything that was named can be used.</source>
            <translation>指定的内容并非全部可用。</translation>
        </message>
        <message>
            <source>%1.</source>
            <translation>%1。</translation>
        </message>
        <message>
            <source>Results would go into '%1', where %2 lies as well.</source>
            <translation>结果将写入“%1”，而 %2 也在其中。</translation>
        </message>
        <message>
            <source>Choose another output folder.</source>
            <translation>请选择另一个输出文件夹。</translation>
        </message>
        <message>
            <source>The names of the results cannot be made so.</source>
            <translation>无法这样生成结果的名称。</translation>
        </message>
        <message>
            <source>The folder '%1' cannot be read: %2.</source>
            <translation>无法读取文件夹“%1”：%2。</translation>
        </message>
        <message>
            <source>Check its permissions.</source>
            <translation>请检查其权限。</translation>
        </message>
        <message>
            <source>Another batch is running into '%1'.</source>
            <translation>另一个批处理正在写入“%1”。</translation>
        </message>
        <message>
            <source>Wait for it, or choose another output folder.</source>
            <translation>请等待它完成，或选择另一个输出文件夹。</translation>
        </message>
        <message>
            <source>The list of the batch in '%1' cannot be used: %2.</source>
            <translation>“%1”中批处理的列表无法使用：%2。</translation>
        </message>
        <message>
            <source>Free some space and try again.</source>
            <translation>请腾出一些空间后再试一次。</translation>
        </message>
        <message>
            <source>Check the folder.</source>
            <translation>请检查该文件夹。</translation>
        </message>
        <message>
            <source>The worker processes end at once.</source>
            <translation>工作进程一启动就结束了。</translation>
        </message>
        <message>
            <source>Try it with --workers 1.</source>
            <translation>请改用 --workers 1 试试。</translation>
        </message>
        <message>
            <source>The batch was made by a newer version of Restorer.</source>
            <translation>该批处理由较新版本的 Restorer 创建。</translation>
        </message>
        <message>
            <source>Update Restorer.</source>
            <translation>请更新 Restorer。</translation>
        </message>
        <message>
            <source>The list of the batch in '%1' is damaged.</source>
            <translation>“%1”中批处理的列表已损坏。</translation>
        </message>
        <message>
            <source>Choose another output folder; finished results are not lost.</source>
            <translation>请选择另一个输出文件夹；已完成的结果不会丢失。</translation>
        </message>
        <message>
            <source>Free some space and go on with --resume.</source>
            <translation>请腾出一些空间，再用 --resume 继续。</translation>
        </message>
        <message>
            <source>'%1' cannot be written: %2.</source>
            <translation>无法写入“%1”：%2。</translation>
        </message>
        <message>
            <source>The batch in '%1' was begun with another %2.</source>
            <translation>“%1”中的批处理开始时使用的是另一个%2。</translation>
        </message>
        <message>
            <source>Leave it out to go on, or choose another output folder.</source>
            <translation>继续时请不要指定它，或选择另一个输出文件夹。</translation>
        </message>
        <message>
            <source>'%1' holds a batch already.</source>
            <translation>“%1”中已有一个批处理。</translation>
        </message>
        <message>
            <source>Go on with it by --resume, or choose another folder.</source>
            <translation>请用 --resume 继续该批处理，或选择另一个文件夹。</translation>
        </message>
        <message>
            <source>'%1' holds %2 of something else.</source>
            <translation>“%1”中有其他内容：%2。</translation>
        </message>
        <message>
            <source>'%1' cannot be written to: %2.</source>
            <translation>无法写入“%1”：%2。</translation>
        </message>
        <message>
            <source>'%1' is gone.</source>
            <translation>“%1”已不存在。</translation>
        </message>
        <message>
            <source>Connect its drive again and go on.</source>
            <translation>请重新连接其所在的驱动器，然后继续。</translation>
        </message>
        <message>
            <source>The photograph changed while it was being read.</source>
            <translation>照片在读取过程中被更改了。</translation>
        </message>
        <message>
            <source>Try it again.</source>
            <translation>请再试一次。</translation>
        </message>
        <message>
            <source>'%1' cannot be created: a file has the name of one of its folders.</source>
            <translation>无法创建“%1”：其中一个文件夹的名称已被一个文件占用。</translation>
        </message>
        <message>
            <source>'%1' leads out of the output folder.</source>
            <translation>“%1”指向输出文件夹之外。</translation>
        </message>
        <message>
            <source>Remove that link.</source>
            <translation>请移除该链接。</translation>
        </message>
        <message>
            <source>A thumbnail could not be made.</source>
            <translation>无法生成缩略图。</translation>
        </message>
        <message>
            <source>The result is blank, so it was not kept.</source>
            <translation>结果是空白的，因此没有保留。</translation>
        </message>
        <message>
            <source>Try another device.</source>
            <translation>请改用另一个设备。</translation>
        </message>
        <message>
            <source>The photograph changed while it was being worked on, so the result was not kept.</source>
            <translation>照片在处理过程中被更改了，因此没有保留结果。</translation>
        </message>
        <message>
            <source>The result could not be read back, so it was not kept.</source>
            <translation>无法重新读取结果，因此没有保留。</translation>
        </message>
        <message>
            <source>The result has another size than the photograph, so it was not kept.</source>
            <translation>结果与照片的尺寸不同，因此没有保留。</translation>
        </message>
        <message>
            <source>No photographs were named.</source>
            <translation>没有指定照片。</translation>
        </message>
        <message>
            <source>Name files, folders or patterns.</source>
            <translation>请指定文件、文件夹或通配模式。</translation>
        </message>
        <message>
            <source>A cluster has its own number of workers.</source>
            <translation>集群有自己的工作进程数。</translation>
        </message>
        <message>
            <source>Leave out --workers.</source>
            <translation>请不要指定 --workers。</translation>
        </message>
        <message>
            <source>No photograph matches %1.</source>
            <translation>没有与 %1 匹配的照片。</translation>
        </message>
        <message>
            <source>Check the pattern, or name files and folders.</source>
            <translation>请检查通配模式，或指定文件和文件夹。</translation>
        </message>
        <message>
            <source>The recipe only searches: it writes masks and no results.</source>
            <translation>此方案只查找损坏：只写入蒙版，不产生结果。</translation>
        </message>
        <message>
            <source>Leave out %1.</source>
            <translation>请不要指定“%1”。</translation>
        </message>
        <message>
            <source>There is no batch in '%1' yet.</source>
            <translation>“%1”中还没有批处理。</translation>
        </message>
        <message>
            <source>Name photographs to begin one.</source>
            <translation>请指定照片以开始批处理。</translation>
        </message>
        <message>
            <source>'%1' belongs to a result and is no photograph.</source>
            <translation>“%1”属于某个结果，不是照片。</translation>
        </message>
        <message>
            <source>'restorer replay' reads it.</source>
            <translation>“restorer replay”会读取它。</translation>
        </message>
        <message>
            <source>A mask belongs to one photograph.</source>
            <translation>一个蒙版只属于一张照片。</translation>
        </message>
        <message>
            <source>Name a single photograph with --mask or --save-mask.</source>
            <translation>使用 --mask 或 --save-mask 时请只指定一张照片。</translation>
        </message>
        <message>
            <source>'%1' is a folder.</source>
            <translation>“%1”是文件夹。</translation>
        </message>
        <message>
            <source>Name photographs, or use 'restorer batch' for folders.</source>
            <translation>请指定照片；文件夹请使用 “restorer batch”。</translation>
        </message>
        <message>
            <source>A map of probability is written without loss.</source>
            <translation>概率图必须无损写入。</translation>
        </message>
        <message>
            <source>Let its name end in .png or .tif.</source>
            <translation>请使其名称以 .png 或 .tif 结尾。</translation>
        </message>
        <message>
            <source>'%1' is not a folder.</source>
            <translation>“%1”不是文件夹。</translation>
        </message>
        <message>
            <source>Name an existing folder or, for one photograph, a file that ends in .tif, .png or .jpg.</source>
            <translation>请指定已有的文件夹；若只有一张照片，也可指定以 .tif、.png 或 .jpg 结尾的文件。</translation>
        </message>
        <message>
            <source>There is not enough memory for '%1'.</source>
            <translation>内存不足以处理“%1”。</translation>
        </message>
        <message>
            <source>Close other programs or use --device cpu.</source>
            <translation>请关闭其他程序，或使用 --device cpu。</translation>
        </message>
        <message>
            <source>There is not enough memory.</source>
            <translation>内存不足。</translation>
        </message>
        <message>
            <source>Close other programs and try again.</source>
            <translation>请关闭其他程序，然后重试。</translation>
        </message>
        <message>
            <source>'restorer models delete %1' removes it.</source>
            <translation>可用“restorer models delete %1”将其移除。</translation>
        </message>
        <message>
            <source>The model '%1' has no card.</source>
            <translation>模型“%1”没有模型卡。</translation>
        </message>
        <message>
            <source>The model '%1' is another one than that of the sidecar.</source>
            <translation>模型“%1”与修复记录中的模型不同。</translation>
        </message>
        <message>
            <source>Install the version that the sidecar names.</source>
            <translation>请安装修复记录中注明的版本。</translation>
        </message>
        <message>
            <source>There is no file '%1'.</source>
            <translation>没有文件“%1”。</translation>
        </message>
        <message>
            <source>If the photograph has moved, name it with --source.</source>
            <translation>如果照片已移动，请用 --source 指明其位置。</translation>
        </message>
        <message>
            <source>'%1' is not the photograph of this sidecar.</source>
            <translation>“%1”不是这个修复记录所记录的照片。</translation>
        </message>
        <message>
            <source>Name the right one with --source.</source>
            <translation>请用 --source 指定正确的照片。</translation>
        </message>
        <message>
            <source>No device on this computer passes the self-test.</source>
            <translation>这台电脑上没有通过自检的设备。</translation>
        </message>
        <message>
            <source>Reinstall PyTorch.</source>
            <translation>请重新安装 PyTorch。</translation>
        </message>
        <message>
            <source>There is no device '%1'.</source>
            <translation>没有名为“%1”的设备。</translation>
        </message>
        <message>
            <source>Choose auto, cpu, cuda or mps.</source>
            <translation>请选择 auto、cpu、cuda 或 mps。</translation>
        </message>
        <message>
            <source>%1 failed its self-test.</source>
            <translation>%1 未通过自检。</translation>
        </message>
        <message>
            <source>Choose auto or cpu as the device.</source>
            <translation>请选择 auto 或 cpu 作为设备。</translation>
        </message>
        <message>
            <source>This computer has no usable '%1' device.</source>
            <translation>这台电脑没有可用的“%1”设备。</translation>
        </message>
        <message>
            <source>'%1' is incomplete: parts of the picture are missing.</source>
            <translation>“%1”不完整：缺少部分画面。</translation>
        </message>
        <message>
            <source>Copy or scan it again.</source>
            <translation>请重新复制或扫描。</translation>
        </message>
        <message>
            <source>'%1' is a camera's raw file, of which only a preview could be read.</source>
            <translation>“%1”是相机原始文件，只能读取其中的预览图。</translation>
        </message>
        <message>
            <source>Develop it to a TIFF with 16 bits first.</source>
            <translation>请先将其冲印为 16 位 TIFF。</translation>
        </message>
        <message>
            <source>'%1' says that it has no pixels.</source>
            <translation>“%1”声明自己没有任何像素。</translation>
        </message>
        <message>
            <source>'%1' has %2 megapixels, more than the %3 that are supported.</source>
            <translation>“%1”有 %2 百万像素，超过了支持的 %3 百万像素。</translation>
        </message>
        <message>
            <source>Scan at a lower resolution or cut the scan into parts.</source>
            <translation>请用较低的分辨率扫描，或将扫描图裁成几部分。</translation>
        </message>
        <message>
            <source>'%1' is a TIFF of an unusual layout that cannot be read.</source>
            <translation>“%1”是结构特殊的 TIFF，无法读取。</translation>
        </message>
        <message>
            <source>Save it as plain TIFF.</source>
            <translation>请将其另存为普通 TIFF。</translation>
        </message>
        <message>
            <source>'%1' holds a volume, not a photograph.</source>
            <translation>“%1”包含的是三维数据，不是照片。</translation>
        </message>
        <message>
            <source>Save one slice of it as plain TIFF.</source>
            <translation>请将其中一层另存为普通 TIFF。</translation>
        </message>
        <message>
            <source>'%1' holds %2 values, which are not supported.</source>
            <translation>“%1”中的数值类型不受支持：%2。</translation>
        </message>
        <message>
            <source>Save it with 8 or 16 bits.</source>
            <translation>请以 8 位或 16 位保存。</translation>
        </message>
        <message>
            <source>Palette colours</source>
            <translation>调色板颜色</translation>
        </message>
        <message>
            <source>Colours of the kind %1</source>
            <translation>%1 类型的颜色</translation>
        </message>
        <message>
            <source>The colours of '%1' are of a kind (%2) that cannot be read.</source>
            <translation>“%1”的颜色类型（%2）无法读取。</translation>
        </message>
        <message>
            <source>Save it as RGB.</source>
            <translation>请将其另存为 RGB。</translation>
        </message>
        <message>
            <source>'%1' has %2 planes, which is no photograph's number.</source>
            <translation>“%1”有 %2 个通道，照片不会有这么多。</translation>
        </message>
        <message>
            <source>Name a photograph.</source>
            <translation>请指定一张照片。</translation>
        </message>
        <message>
            <source>'%1' is not an ordinary file.</source>
            <translation>“%1”不是普通文件。</translation>
        </message>
        <message>
            <source>'%1' is empty.</source>
            <translation>“%1”是空文件。</translation>
        </message>
        <message>
            <source>Check the name.</source>
            <translation>请检查名称。</translation>
        </message>
        <message>
            <source>'%1' may not be read.</source>
            <translation>没有读取“%1”的权限。</translation>
        </message>
        <message>
            <source>'%1' cannot be read: %2.</source>
            <translation>无法读取“%1”：%2。</translation>
        </message>
        <message>
            <source>A file name is not valid.</source>
            <translation>文件名无效。</translation>
        </message>
        <message>
            <source>'%1' is not a photograph that can be read.</source>
            <translation>“%1”不是可以读取的照片。</translation>
        </message>
        <message>
            <source>It is damaged, or no %1 at all.</source>
            <translation>它已损坏，或者根本不是 %1。</translation>
        </message>
        <message>
            <source>JPEG, PNG, TIFF, WebP, BMP and HEIC are supported.</source>
            <translation>支持 JPEG、PNG、TIFF、WebP、BMP 和 HEIC。</translation>
        </message>
        <message>
            <source>'%1' does not fit into memory.</source>
            <translation>内存放不下“%1”。</translation>
        </message>
        <message>
            <source>Close other programs or reduce it.</source>
            <translation>请关闭其他程序，或缩小照片。</translation>
        </message>
        <message>
            <source>'%1' is damaged or incomplete and cannot be read.</source>
            <translation>“%1”已损坏或不完整，无法读取。</translation>
        </message>
        <message>
            <source>What was written could not be read back correctly, so it was not kept.</source>
            <translation>写入的内容无法正确重新读取，因此没有保留。</translation>
        </message>
        <message>
            <source>Try another format.</source>
            <translation>请改用另一种格式。</translation>
        </message>
        <message>
            <source>'%1' has no ending of a picture that can be written.</source>
            <translation>“%1”的扩展名不是可以写入的图片格式。</translation>
        </message>
        <message>
            <source>Use .tif, .png or .jpg.</source>
            <translation>请使用 .tif、.png 或 .jpg。</translation>
        </message>
        <message>
            <source>There is no format %1.</source>
            <translation>没有 %1 这种格式。</translation>
        </message>
        <message>
            <source>Use one of %1.</source>
            <translation>请使用以下之一：%1。</translation>
        </message>
        <message>
            <source>The mask '%1' is %2 x %3 pixels, the photograph %4 x %5.</source>
            <translation>蒙版“%1”为 %2 × %3 像素，而照片为 %4 × %5 像素。</translation>
        </message>
        <message>
            <source>Both must have the same size.</source>
            <translation>两者的尺寸必须相同。</translation>
        </message>
        <message>
            <source>The mask '%1' marks nothing.</source>
            <translation>蒙版“%1”没有标记任何部分。</translation>
        </message>
        <message>
            <source>What is white in it is repaired.</source>
            <translation>其中白色的部分会被修复。</translation>
        </message>
        <message>
            <source>A mask is written as PNG or TIFF.</source>
            <translation>蒙版只能写为 PNG 或 TIFF。</translation>
        </message>
        <message>
            <source>Rename '%1' to end in .png or .tif.</source>
            <translation>请将“%1”改名，使其以 .png 或 .tif 结尾。</translation>
        </message>
        <message>
            <source>%1 cannot hold 16 bits per channel.</source>
            <translation>%1 不能保存每通道 16 位。</translation>
        </message>
        <message>
            <source>Write .tif or .png, which keep them.</source>
            <translation>请写为 .tif 或 .png，它们能保留 16 位。</translation>
        </message>
        <message>
            <source>%1 cannot hold the infrared plane of this scan.</source>
            <translation>%1 不能保存此扫描图的红外通道。</translation>
        </message>
        <message>
            <source>Write .tif, which keeps it.</source>
            <translation>请写为 .tif，它能保留红外通道。</translation>
        </message>
        <message>
            <source>%1 ends at %2 pixels a side.</source>
            <translation>%1 每边最多 %2 像素。</translation>
        </message>
        <message>
            <source>Write .tif or .png, which do not.</source>
            <translation>请写为 .tif 或 .png，它们没有此限制。</translation>
        </message>
        <message>
            <source>JPEG cannot hold this much EXIF, XMP or IPTC.</source>
            <translation>JPEG 放不下这么多 EXIF、XMP 或 IPTC 数据。</translation>
        </message>
        <message>
            <source>Write .tif or .png, which can.</source>
            <translation>请写为 .tif 或 .png，它们放得下。</translation>
        </message>
        <message>
            <source>%1 cannot hold transparency.</source>
            <translation>%1 不能保存透明度。</translation>
        </message>
        <message>
            <source>Write .tif or .png, which keep it.</source>
            <translation>请写为 .tif 或 .png，它们能保留透明度。</translation>
        </message>
        <message>
            <source>'%1' could not be written as %2: %3.</source>
            <translation>无法将“%1”写为 %2：%3。</translation>
        </message>
        <message>
            <source>Write .tif, which holds more.</source>
            <translation>请写为 .tif，它能容纳更多。</translation>
        </message>
        <message>
            <source>'%1' needs more memory than there is.</source>
            <translation>“%1”需要的内存超过可用内存。</translation>
        </message>
        <message>
            <source>Close other programs.</source>
            <translation>请关闭其他程序。</translation>
        </message>
        <message>
            <source>The update of the weights does not fit them: '%1'.</source>
            <translation>权重更新与权重不匹配：“%1”。</translation>
        </message>
        <message>
            <source>The file is not for this model.</source>
            <translation>该文件不属于此模型。</translation>
        </message>
        <message>
            <source>The update of weights '%1' cannot be read.</source>
            <translation>无法读取权重更新“%1”。</translation>
        </message>
        <message>
            <source>It is damaged or incomplete.</source>
            <translation>它已损坏或不完整。</translation>
        </message>
        <message>
            <source>The connection broke off again and again.</source>
            <translation>连接一再中断。</translation>
        </message>
        <message>
            <source>Try again later: what was fetched is kept and gone on with.</source>
            <translation>请稍后再试：已下载的部分会保留，下次从那里继续。</translation>
        </message>
        <message>
            <source>'%1' is not an https address.</source>
            <translation>“%1”不是 https 地址。</translation>
        </message>
        <message>
            <source>Download the file yourself and name it.</source>
            <translation>请自行下载文件后再指定它。</translation>
        </message>
        <message>
            <source>A download needs the SHA-256 checksum of the file (--sha256).</source>
            <translation>下载需要文件的 SHA-256 校验和（--sha256）。</translation>
        </message>
        <message>
            <source>Its author or host states it.</source>
            <translation>作者或下载网站会提供。</translation>
        </message>
        <message>
            <source>The downloaded file is not the one that the checksum was given for.</source>
            <translation>下载的文件与给出的校验和不符。</translation>
        </message>
        <message>
            <source>Check both.</source>
            <translation>请检查文件和校验和。</translation>
        </message>
        <message>
            <source>Another program is downloading this file.</source>
            <translation>另一个程序正在下载这个文件。</translation>
        </message>
        <message>
            <source>Wait until it is done.</source>
            <translation>请等它完成。</translation>
        </message>
        <message>
            <source>The file is larger than %1 GiB.</source>
            <translation>文件大于 %1 GiB。</translation>
        </message>
        <message>
            <source>The server refused the download (%1).</source>
            <translation>服务器拒绝了下载（%1）。</translation>
        </message>
        <message>
            <source>The server cannot be reached (%1).</source>
            <translation>无法连接服务器（%1）。</translation>
        </message>
        <message>
            <source>Check the address and the connection.</source>
            <translation>请检查地址和网络连接。</translation>
        </message>
        <message>
            <source>'%1' is larger than %2 GiB.</source>
            <translation>“%1”大于 %2 GiB。</translation>
        </message>
        <message>
            <source>'%1' is damaged or incomplete.</source>
            <translation>“%1”已损坏或不完整。</translation>
        </message>
        <message>
            <source>Copy or download it once more.</source>
            <translation>请重新复制或下载一次。</translation>
        </message>
        <message>
            <source>'%1' is not the file that its checksum was given for.</source>
            <translation>“%1”不是给出的校验和所对应的文件。</translation>
        </message>
        <message>
            <source>'%1' is no SHA-256 checksum.</source>
            <translation>“%1”不是 SHA-256 校验和。</translation>
        </message>
        <message>
            <source>It has 64 digits, 0 to 9 and a to f.</source>
            <translation>它有 64 位，由 0 到 9 和 a 到 f 组成。</translation>
        </message>
        <message>
            <source>'%1' holds no weights.</source>
            <translation>“%1”中没有权重。</translation>
        </message>
        <message>
            <source>It may be another part of a training.</source>
            <translation>它可能是训练的其他部分。</translation>
        </message>
        <message>
            <source>The trial run gave a picture of the wrong size: the weights are not usable.</source>
            <translation>试运行得到的图片尺寸不对：这些权重无法使用。</translation>
        </message>
        <message>
            <source>The trial run gave values that are no numbers: the weights are damaged.</source>
            <translation>试运行得到的数值不是有效数字：权重已损坏。</translation>
        </message>
        <message>
            <source>Name the file of the weights.</source>
            <translation>请指定权重文件。</translation>
        </message>
        <message>
            <source>.safetensors and .pth files are read.</source>
            <translation>可以读取 .safetensors 和 .pth 文件。</translation>
        </message>
        <message>
            <source>'%1' holds more than weights; it was refused and nothing in it was run.</source>
            <translation>“%1”包含权重以外的内容；已拒绝读取，其中的任何内容都没有运行。</translation>
        </message>
        <message>
            <source>Look for the same model as .safetensors.</source>
            <translation>请寻找同一模型的 .safetensors 文件。</translation>
        </message>
        <message>
            <source>The weights hold values that are no numbers: they are damaged.</source>
            <translation>权重中含有不是数字的值，已损坏。</translation>
        </message>
        <message>
            <source>The trial run failed: the weights are not usable.</source>
            <translation>试运行失败：这些权重无法使用。</translation>
        </message>
        <message>
            <source>'%1' exists already.</source>
            <translation>“%1”已经存在。</translation>
        </message>
        <message>
            <source>Choose another name: nothing is overwritten.</source>
            <translation>请选择另一个名称：不会覆盖任何文件。</translation>
        </message>
        <message>
            <source>There is no folder '%1' to write into.</source>
            <translation>没有可写入的文件夹“%1”。</translation>
        </message>
        <message>
            <source>Create it first.</source>
            <translation>请先创建它。</translation>
        </message>
        <message>
            <source>This is an exported model, and its licence is %1.</source>
            <translation>这是导出的模型，其许可证为“%1”。</translation>
        </message>
        <message>
            <source>Import it with that one.</source>
            <translation>请以该许可证导入。</translation>
        </message>
        <message>
            <source>There is no model '%1'.</source>
            <translation>没有名为“%1”的模型。</translation>
        </message>
        <message>
            <source>'restorer models list' shows the installed ones.</source>
            <translation>“restorer models list”会列出已安装的模型。</translation>
        </message>
        <message>
            <source>The default is the one that comes with the program, or the only one that was chosen.</source>
            <translation>默认模型是程序自带的，或是唯一选择过的那个。</translation>
        </message>
        <message>
            <source>'%1' cannot be the name of a model.</source>
            <translation>“%1”不能作为模型的名称。</translation>
        </message>
        <message>
            <source>Use small letters, digits, '-', '_' and '.', 64 at most.</source>
            <translation>请使用小写字母、数字、“-”“_”和“.”，最多 64 个字符。</translation>
        </message>
        <message>
            <source>There is a model '%1' already.</source>
            <translation>已有名为“%1”的模型。</translation>
        </message>
        <message>
            <source>An unfinished training will be called '%1'.</source>
            <translation>有一个未完成的训练将命名为“%1”。</translation>
        </message>
        <message>
            <source>Choose another name, or let it end first.</source>
            <translation>请选择其他名称，或先让它结束。</translation>
        </message>
        <message>
            <source>'%1' comes with the program and cannot be %2.</source>
            <translation>“%1”是程序自带的模型，不能%2。</translation>
        </message>
        <message>
            <source>Name one of your own.</source>
            <translation>请指定您自己的模型。</translation>
        </message>
        <message>
            <source>The unfinished training '%1' goes on from the model '%2'.</source>
            <translation>未完成的训练“%1”以模型“%2”为起点。</translation>
        </message>
        <message>
            <source>Let it end, or discard it first.</source>
            <translation>请先让它结束，或将其丢弃。</translation>
        </message>
        <message>
            <source>There is no task '%1'.</source>
            <translation>没有任务“%1”。</translation>
        </message>
        <message>
            <source>Tasks: %1.</source>
            <translation>任务：%1。</translation>
        </message>
        <message>
            <source>Check its permissions and its drive, or name a model.</source>
            <translation>请检查其权限和所在的驱动器，或指定一个模型。</translation>
        </message>
        <message>
            <source>There is no model '%1' for the task '%2'.</source>
            <translation>没有名为“%1”、用于任务“%2”的模型。</translation>
        </message>
        <message>
            <source>Installed: %1.</source>
            <translation>已安装：%1。</translation>
        </message>
        <message>
            <source>The description of the model '%1' is damaged.</source>
            <translation>模型“%1”的说明已损坏。</translation>
        </message>
        <message>
            <source>The description of the model '%1' cannot be read: %2.</source>
            <translation>无法读取模型“%1”的说明：%2。</translation>
        </message>
        <message>
            <source>%1: %2.</source>
            <translation>%1：%2。</translation>
        </message>
        <message>
            <source>Nothing half-written was left behind.</source>
            <translation>没有留下写了一半的内容。</translation>
        </message>
        <message>
            <source>the disk is full</source>
            <translation>磁盘已满</translation>
        </message>
        <message>
            <source>Which models are the defaults cannot be read any more.</source>
            <translation>已无法读取哪些模型是默认模型。</translation>
        </message>
        <message>
            <source>'restorer models default ID' chooses a default; 'restorer models list' shows what there is.</source>
            <translation>用“restorer models default ID”选择默认模型；“restorer models list”列出现有模型。</translation>
        </message>
        <message>
            <source>There is no earlier default for the task '%1'.</source>
            <translation>任务“%1”没有更早的默认模型。</translation>
        </message>
        <message>
            <source>The weights in '%1' do not fit their architecture.</source>
            <translation>“%1”中的权重与其架构不符。</translation>
        </message>
        <message>
            <source>The model library was written by a newer version of Restorer.</source>
            <translation>模型库由较新版本的 Restorer 写成。</translation>
        </message>
        <message>
            <source>The model library in '%1' cannot be read.</source>
            <translation>无法读取“%1”中的模型库。</translation>
        </message>
        <message>
            <source>Install Restorer again.</source>
            <translation>请重新安装 Restorer。</translation>
        </message>
        <message>
            <source>The model library in '%1' is damaged.</source>
            <translation>“%1”中的模型库已损坏。</translation>
        </message>
        <message>
            <source>The model '%1' is of a newer Restorer.</source>
            <translation>模型“%1”需要较新版本的 Restorer。</translation>
        </message>
        <message>
            <source>The weight file '%1' of the model '%2' is missing.</source>
            <translation>缺少模型“%2”的权重文件“%1”。</translation>
        </message>
        <message>
            <source>Delete the model and train or import it again.</source>
            <translation>请删除该模型，再重新训练或导入。</translation>
        </message>
        <message>
            <source>The weight file '%1' of the model '%2' is damaged or was changed.</source>
            <translation>模型“%2”的权重文件“%1”已损坏或被更改过。</translation>
        </message>
        <message>
            <source>The weight file '%1' cannot be read.</source>
            <translation>无法读取权重文件“%1”。</translation>
        </message>
        <message>
            <source>The weights in '%1' do not fit those in '%2'.</source>
            <translation>“%1”中的权重与“%2”中的不匹配。</translation>
        </message>
        <message>
            <source>The architecture '%1' is unknown.</source>
            <translation>未知的架构“%1”。</translation>
        </message>
        <message>
            <source>Known are: %1.</source>
            <translation>已知的有：%1。</translation>
        </message>
        <message>
            <source>The architecture '%1' has no setting '%2'.</source>
            <translation>架构“%1”没有设置项“%2”。</translation>
        </message>
        <message>
            <source>The weights do not fit the architecture that they look like.</source>
            <translation>这些权重与其看似所属的架构不符。</translation>
        </message>
        <message>
            <source>The file may be incomplete.</source>
            <translation>文件可能不完整。</translation>
        </message>
        <message>
            <source>The weights belong to no known architecture.</source>
            <translation>这些权重不属于任何已知的架构。</translation>
        </message>
        <message>
            <source>LaMa, the ESRGAN family, SwinIR, NAFNet and others that spandrel knows can be imported; MAT and DDColor need the package 'spandrel_extra_arches' as well.</source>
            <translation>可导入 LaMa、ESRGAN 系列、SwinIR、NAFNet 以及 spandrel 支持的其他模型；MAT 和 DDColor 还需要安装软件包 spandrel_extra_arches。</translation>
        </message>
        <message>
            <source>These weights are not for filling holes.</source>
            <translation>这些权重不用于填补破洞。</translation>
        </message>
        <message>
            <source>Install it with: python -m pip install 'restorer[import]'</source>
            <translation>请用以下命令安装：python -m pip install 'restorer[import]'</translation>
        </message>
        <message>
            <source>Community weights need the optional package 'spandrel'.</source>
            <translation>他人的权重需要可选的软件包“spandrel”。</translation>
        </message>
        <message>
            <source>The installed torchvision does not fit the installed PyTorch.</source>
            <translation>已安装的 torchvision 与已安装的 PyTorch 不匹配。</translation>
        </message>
        <message>
            <source>Install both from the same place, as pytorch.org describes.</source>
            <translation>请按 pytorch.org 的说明从同一来源安装两者。</translation>
        </message>
        <message>
            <source>'%1' could not be written: %2.</source>
            <translation>无法写入“%1”：%2。</translation>
        </message>
        <message>
            <source>Choose another folder.</source>
            <translation>请选择另一个文件夹。</translation>
        </message>
        <message>
            <source>Choose another name.</source>
            <translation>请选择另一个名称。</translation>
        </message>
        <message>
            <source>Give a file name.</source>
            <translation>请给出文件名。</translation>
        </message>
        <message>
            <source>The disk is full: '%1' was not written.</source>
            <translation>磁盘已满：“%1”没有写入。</translation>
        </message>
        <message>
            <source>The file name is too long.</source>
            <translation>文件名太长。</translation>
        </message>
        <message>
            <source>Choose a shorter one.</source>
            <translation>请选择较短的名称。</translation>
        </message>
        <message>
            <source>'%1' takes no file called '%2'.</source>
            <translation>“%1”不接受名为“%2”的文件。</translation>
        </message>
        <message>
            <source>There is no folder '%1'.</source>
            <translation>没有文件夹“%1”。</translation>
        </message>
        <message>
            <source>'%1' may not be written to.</source>
            <translation>没有写入“%1”的权限。</translation>
        </message>
        <message>
            <source>Two files would be called '%1'.</source>
            <translation>两个文件将同名为“%1”。</translation>
        </message>
        <message>
            <source>Give each a name of its own.</source>
            <translation>请给每个文件各取一个名称。</translation>
        </message>
        <message>
            <source>'%1' is the source itself.</source>
            <translation>“%1”就是源文件本身。</translation>
        </message>
        <message>
            <source>Originals are never written over: choose another name.</source>
            <translation>绝不会覆盖原始文件：请选择另一个名称。</translation>
        </message>
        <message>
            <source>The network gave values that are no numbers.</source>
            <translation>网络给出的值不是数字。</translation>
        </message>
        <message>
            <source>Use --device cpu, or another model.</source>
            <translation>请使用 --device cpu，或选择其他模型。</translation>
        </message>
        <message>
            <source>The mask is %1 x %2 pixels, the photograph %3 x %4.</source>
            <translation>蒙版为 %1 × %2 像素，而照片为 %3 × %4 像素。</translation>
        </message>
        <message>
            <source>A mask must be of type bool.</source>
            <translation>蒙版的类型必须是 bool。</translation>
        </message>
        <message>
            <source>Compare it with a threshold first, as in mask &gt; 127.</source>
            <translation>请先与阈值比较，例如 mask &gt; 127。</translation>
        </message>
        <message>
            <source>The mask covers the whole photograph.</source>
            <translation>蒙版覆盖了整张照片。</translation>
        </message>
        <message>
            <source>Something undamaged must be left to fill from.</source>
            <translation>必须留下未损坏的部分作为填补的依据。</translation>
        </message>
        <message>
            <source>The detail must lie between 0 and 1.</source>
            <translation>细节必须在 0 到 1 之间。</translation>
        </message>
        <message>
            <source>The mask can be grown by 0 to 64 pixels.</source>
            <translation>蒙版可以扩大 0 到 64 像素。</translation>
        </message>
        <message>
            <source>A photograph can be studied in 0 to 10000 steps.</source>
            <translation>一张照片可以学习 0 到 10000 步。</translation>
        </message>
        <message>
            <source>The seed must be a number from 0 to 2147483647.</source>
            <translation>种子必须是 0 到 2147483647 之间的数字。</translation>
        </message>
        <message>
            <source>The model '%1' cannot study a photograph.</source>
            <translation>模型“%1”不能学习照片。</translation>
        </message>
        <message>
            <source>Choose one of our own.</source>
            <translation>请选择 Restorer 自己的模型。</translation>
        </message>
        <message>
            <source>The name of a project must end in %1.</source>
            <translation>项目的名称必须以 %1 结尾。</translation>
        </message>
        <message>
            <source>Take '%1%2'.</source>
            <translation>请使用“%1%2”。</translation>
        </message>
        <message>
            <source>'%1' exists already and is no project.</source>
            <translation>“%1”已经存在，且不是项目。</translation>
        </message>
        <message>
            <source>The project '%1' is write-protected.</source>
            <translation>项目“%1”受写保护。</translation>
        </message>
        <message>
            <source>The project '%1' was changed since it was opened.</source>
            <translation>项目“%1”在打开之后被更改过。</translation>
        </message>
        <message>
            <source>Save under another name, so that nothing is lost.</source>
            <translation>请以其他名称保存，以免丢失任何内容。</translation>
        </message>
        <message>
            <source>The project is too large to be saved.</source>
            <translation>项目太大，无法保存。</translation>
        </message>
        <message>
            <source>Save the mask as a picture instead.</source>
            <translation>请改为将蒙版保存为图片。</translation>
        </message>
        <message>
            <source>The project could not be read back and was not kept.</source>
            <translation>项目无法重新读取，因此没有保留。</translation>
        </message>
        <message>
            <source>Try again.</source>
            <translation>请再试一次。</translation>
        </message>
        <message>
            <source>The project is larger than 4 GB.</source>
            <translation>项目大于 4 GB。</translation>
        </message>
        <message>
            <source>Export the result instead.</source>
            <translation>请改为导出结果。</translation>
        </message>
        <message>
            <source>Name a project.</source>
            <translation>请指定一个项目。</translation>
        </message>
        <message>
            <source>%1 cannot be read: %2.</source>
            <translation>无法读取%1：%2。</translation>
        </message>
        <message>
            <source>Check its name.</source>
            <translation>请检查其名称。</translation>
        </message>
        <message>
            <source>The project '%1'</source>
            <translation>项目“%1”</translation>
        </message>
        <message>
            <source>%1 does not fit into memory.</source>
            <translation>内存放不下%1。</translation>
        </message>
        <message>
            <source>Unsaved work cannot be secured: %1.</source>
            <translation>无法保护未保存的工作：%1。</translation>
        </message>
        <message>
            <source>Save the project to another disk.</source>
            <translation>请将项目保存到另一个磁盘。</translation>
        </message>
        <message>
            <source>Unsaved work was found, but it is damaged and cannot be recovered.</source>
            <translation>发现了未保存的工作，但它已损坏，无法恢复。</translation>
        </message>
        <message>
            <source>Open the photograph again.</source>
            <translation>请重新打开照片。</translation>
        </message>
        <message>
            <source>The photograph '%1' of the project is not where it was.</source>
            <translation>项目中的照片“%1”已不在原处。</translation>
        </message>
        <message>
            <source>Choose where it is now.</source>
            <translation>请选择它现在的位置。</translation>
        </message>
        <message>
            <source>The photograph has another size or bit depth than the one of the project.</source>
            <translation>照片的尺寸或位深与项目中的照片不同。</translation>
        </message>
        <message>
            <source>The photograph has another size or bit depth than the one of the project (%1).</source>
            <translation>照片的尺寸或位深与项目中的照片（%1）不同。</translation>
        </message>
        <message>
            <source>Choose the photograph that the project was made of.</source>
            <translation>请选择制作该项目所用的照片。</translation>
        </message>
        <message>
            <source>'%1' cannot be read any more.</source>
            <translation>“%1”已无法读取。</translation>
        </message>
        <message>
            <source>Is its drive still there?</source>
            <translation>它所在的驱动器还连接着吗？</translation>
        </message>
        <message>
            <source>%1 is damaged or incomplete and cannot be opened.</source>
            <translation>%1已损坏或不完整，无法打开。</translation>
        </message>
        <message>
            <source>Take an older copy of it.</source>
            <translation>请使用它较早的副本。</translation>
        </message>
        <message>
            <source>The project was made by a newer version of Restorer.</source>
            <translation>该项目由较新版本的 Restorer 创建。</translation>
        </message>
        <message>
            <source>All numbered names are taken.</source>
            <translation>所有带编号的名称都已被占用。</translation>
        </message>
        <message>
            <source>There is no format '%1'.</source>
            <translation>没有“%1”这种格式。</translation>
        </message>
        <message>
            <source>A picture without a file can have no record.</source>
            <translation>没有文件的图片不能附带记录。</translation>
        </message>
        <message>
            <source>Export it without one.</source>
            <translation>请在不附带记录的情况下导出。</translation>
        </message>
        <message>
            <source>'%1' was changed since it was opened, so a record could not give the same.</source>
            <translation>“%1”在打开之后被更改过，记录将无法得到相同的结果。</translation>
        </message>
        <message>
            <source>Export without a record, or open it again.</source>
            <translation>请不附带记录导出，或重新打开照片。</translation>
        </message>
        <message>
            <source>The file name has an unknown field {%1}.</source>
            <translation>文件名中有未知的字段 {%1}。</translation>
        </message>
        <message>
            <source>Use %1.</source>
            <translation>请使用 %1。</translation>
        </message>
        <message>
            <source>The file name is empty.</source>
            <translation>文件名为空。</translation>
        </message>
        <message>
            <source>Use for example {name}-restored.</source>
            <translation>例如可使用 {name}-restored。</translation>
        </message>
        <message>
            <source>%1 was written by a newer version of Restorer.</source>
            <translation>%1由较新版本的 Restorer 写成。</translation>
        </message>
        <message>
            <source>The recipe '%1'</source>
            <translation>方案“%1”</translation>
        </message>
        <message>
            <source>%1 cannot be used.</source>
            <translation>%1无法使用。</translation>
        </message>
        <message>
            <source>The %1 '%2' is too long.</source>
            <translation>%1“%2”太长。</translation>
        </message>
        <message>
            <source>It is no %1 of Restorer.</source>
            <translation>它不是 Restorer 的%1。</translation>
        </message>
        <message>
            <source>'smallest_px' must not be above 'largest_px'.</source>
            <translation>“smallest_px”不得大于“largest_px”。</translation>
        </message>
        <message>
            <source>The %1 '%2' cannot be read: %3.</source>
            <translation>无法读取%1“%2”：%3。</translation>
        </message>
        <message>
            <source>The %1 '%2' is no text.</source>
            <translation>%1“%2”不是文本文件。</translation>
        </message>
        <message>
            <source>Name the JSON of a %1.</source>
            <translation>请指定%1的 JSON 文件。</translation>
        </message>
        <message>
            <source>The %1 '%2' is not valid JSON.</source>
            <translation>%1“%2”不是有效的 JSON。</translation>
        </message>
        <message>
            <source>Save it again: %1</source>
            <translation>请重新保存：%1</translation>
        </message>
        <message>
            <source>The sidecar '%1'</source>
            <translation>修复记录“%1”</translation>
        </message>
        <message>
            <source>%1 is not that of a repair.</source>
            <translation>%1不是修复的修复记录。</translation>
        </message>
        <message>
            <source>The mask '%1' was changed.</source>
            <translation>蒙版“%1”被更改过。</translation>
        </message>
        <message>
            <source>Only an unchanged one gives the same.</source>
            <translation>只有未更改过的才能得到相同的结果。</translation>
        </message>
        <message>
            <source>The patch '%1' was changed.</source>
            <translation>补片“%1”被更改过。</translation>
        </message>
        <message>
            <source>The %1 '%2' is %3 x %4 pixels, the photograph %5 x %6.</source>
            <translation>%1“%2”为 %3 × %4 像素，而照片为 %5 × %6 像素。</translation>
        </message>
        <message>
            <source>No photograph has a mask in '%1'.</source>
            <translation>“%1”中没有任何照片的蒙版。</translation>
        </message>
        <message>
            <source>Put the masks into a folder of their own.</source>
            <translation>请将蒙版放入单独的文件夹。</translation>
        </message>
        <message>
            <source>A mask is named like its photograph, for example a.png.</source>
            <translation>蒙版与其照片同名，例如 a.png。</translation>
        </message>
        <message>
            <source>%1 usable photographs of %2 scenes are too few to learn from.</source>
            <translation>来自 %2 个场景的 %1 张可用照片太少，无法学习。</translation>
        </message>
        <message>
            <source>At least %1 photographs of %2 scenes are needed; 30 and more are better.</source>
            <translation>至少需要来自 %2 个场景的 %1 张照片；30 张以上更好。</translation>
        </message>
        <message>
            <source>The photographs show too few different scenes.</source>
            <translation>照片中不同的场景太少。</translation>
        </message>
        <message>
            <source>Add photographs of others.</source>
            <translation>请添加其他场景的照片。</translation>
        </message>
        <message>
            <source>'%1' holds no masks of damage.</source>
            <translation>“%1”中没有损坏的蒙版。</translation>
        </message>
        <message>
            <source>Pictures with white damage on black are needed.</source>
            <translation>需要黑底白色损坏的图片。</translation>
        </message>
        <message>
            <source>None of the files in '%1' can be read as a photograph.</source>
            <translation>“%1”中的文件都不能作为照片读取。</translation>
        </message>
        <message>
            <source>Give a folder with photographs.</source>
            <translation>请给出含有照片的文件夹。</translation>
        </message>
        <message>
            <source>No photographs were found in '%1'.</source>
            <translation>在“%1”中没有找到照片。</translation>
        </message>
        <message>
            <source>JPEG, PNG, TIFF, WebP and BMP are read.</source>
            <translation>可以读取 JPEG、PNG、TIFF、WebP 和 BMP。</translation>
        </message>
        <message>
            <source>The table '%1' cannot be read.</source>
            <translation>无法读取表格“%1”。</translation>
        </message>
        <message>
            <source>It needs the columns %1.</source>
            <translation>其中需要有这些列：%1。</translation>
        </message>
        <message>
            <source>The replay set of the program is damaged.</source>
            <translation>程序自带的图片已损坏。</translation>
        </message>
        <message>
            <source>There is no manifest.csv in '%1'.</source>
            <translation>“%1”中没有 manifest.csv。</translation>
        </message>
        <message>
            <source>'%1' holds a replay set already.</source>
            <translation>“%1”中已有一套自带图片。</translation>
        </message>
        <message>
            <source>Choose a new folder.</source>
            <translation>请选择一个新文件夹。</translation>
        </message>
        <message>
            <source>There is no checkpoint in '%1'.</source>
            <translation>“%1”中没有检查点。</translation>
        </message>
        <message>
            <source>Leave out --resume to start a new training.</source>
            <translation>请去掉 --resume 以开始新的训练。</translation>
        </message>
        <message>
            <source>The checkpoint in '%1' is damaged or belongs to another training.</source>
            <translation>“%1”中的检查点已损坏，或属于另一次训练。</translation>
        </message>
        <message>
            <source>Begin a new one.</source>
            <translation>请重新开始一次训练。</translation>
        </message>
        <message>
            <source>The training cannot start: %1.</source>
            <translation>无法开始训练：%1。</translation>
        </message>
        <message>
            <source>'%1' is no mask for its label.</source>
            <translation>“%1”不是其标注的蒙版。</translation>
        </message>
        <message>
            <source>Save it again as PNG, in the size of the label.</source>
            <translation>请以标注的尺寸重新保存为 PNG。</translation>
        </message>
        <message>
            <source>'%1' has no labels for any of the photographs in '%2'.</source>
            <translation>“%1”中没有“%2”里任何照片的标注。</translation>
        </message>
        <message>
            <source>A label lies in masks/ or judged/, has name and size of its photograph, and ends in .png.</source>
            <translation>标注位于 masks/ 或 judged/ 中，与其照片同名且尺寸相同，扩展名为 .png。</translation>
        </message>
        <message>
            <source>'%1' holds no figures by name.</source>
            <translation>“%1”中没有带名称的指标。</translation>
        </message>
        <message>
            <source>A JSON object is needed.</source>
            <translation>需要一个 JSON 对象。</translation>
        </message>
        <message>
            <source>'%1' is not a weight file of restorer-train fit.</source>
            <translation>“%1”不是 restorer-train fit 的权重文件。</translation>
        </message>
        <message>
            <source>There are no weights in '%1'.</source>
            <translation>“%1”中没有权重。</translation>
        </message>
        <message>
            <source>Train first.</source>
            <translation>请先训练。</translation>
        </message>
        <message>
            <source>'%1' and '%2' are weights of different networks.</source>
            <translation>“%1”和“%2”是不同网络的权重。</translation>
        </message>
        <message>
            <source>The notes '%1' cannot be read.</source>
            <translation>无法读取说明“%1”。</translation>
        </message>
        <message>
            <source>A text file in UTF-8 is needed.</source>
            <translation>需要一个 UTF-8 文本文件。</translation>
        </message>
        <message>
            <source>'%1' is not a weight file of restorer-train.</source>
            <translation>“%1”不是 restorer-train 的权重文件。</translation>
        </message>
        <message>
            <source>'%1' is no manifest of a library.</source>
            <translation>“%1”不是模型库的清单。</translation>
        </message>
        <message>
            <source>Choose another --library.</source>
            <translation>请选择另一个 --library。</translation>
        </message>
        <message>
            <source>A share is a role and a number.</source>
            <translation>份额由角色和数字组成。</translation>
        </message>
        <message>
            <source>For example fidelity=1.</source>
            <translation>例如 fidelity=1。</translation>
        </message>
        <message>
            <source>There is no share '%1=%2'.</source>
            <translation>没有“%1=%2”这样的份额。</translation>
        </message>
        <message>
            <source>Name %1, and a share of 0 to 1.</source>
            <translation>请指定 %1，以及 0 到 1 的份额。</translation>
        </message>
        <message>
            <source>There is no recipe '%1'.</source>
            <translation>没有训练方案“%1”。</translation>
        </message>
        <message>
            <source>Another program trains in '%1'.</source>
            <translation>另一个程序正在“%1”中训练。</translation>
        </message>
        <message>
            <source>Close it, or choose another folder.</source>
            <translation>请关闭该程序，或选择另一个文件夹。</translation>
        </message>
        <message>
            <source>'%1' holds a training already.</source>
            <translation>“%1”中已有一个训练。</translation>
        </message>
        <message>
            <source>The network has no layers '%1'.</source>
            <translation>网络中没有层“%1”。</translation>
        </message>
        <message>
            <source>It has %1.</source>
            <translation>它有 %1。</translation>
        </message>
        <message>
            <source>Two photographs in '%1' are called '%2'.</source>
            <translation>“%1”中有两张照片都叫“%2”。</translation>
        </message>
        <message>
            <source>Give a folder with masks.</source>
            <translation>请给出含有蒙版的文件夹。</translation>
        </message>
        <message>
            <source>The photograph '%1' cannot be read.</source>
            <translation>无法读取照片“%1”。</translation>
        </message>
        <message>
            <source>Remove it or replace it.</source>
            <translation>请移除或替换它。</translation>
        </message>
        <message>
            <source>The photograph '%1' is too small to measure.</source>
            <translation>照片“%1”太小，无法测量。</translation>
        </message>
        <message>
            <source>Sides of 16 pixels are needed.</source>
            <translation>每边至少需要 16 像素。</translation>
        </message>
        <message>
            <source>'%1' has no mask for '%2'.</source>
            <translation>“%1”中没有“%2”的蒙版。</translation>
        </message>
        <message>
            <source>It would be '%1.png'.</source>
            <translation>它应名为“%1.png”。</translation>
        </message>
        <message>
            <source>The mask '%1' cannot be read.</source>
            <translation>无法读取蒙版“%1”。</translation>
        </message>
        <message>
            <source>Save it again as PNG.</source>
            <translation>请将其重新保存为 PNG。</translation>
        </message>
        <message>
            <source>The mask '%1' has %2.</source>
            <translation>蒙版“%1”为 %2。</translation>
        </message>
        <message>
            <source>%1 x %2 pixels, its photograph %3 x %4</source>
            <translation>%1 × %2 像素，而其照片为 %3 × %4 像素</translation>
        </message>
        <message>
            <source>No model was named.</source>
            <translation>没有指定模型。</translation>
        </message>
        <message>
            <source>Give at least one, for example --models repair,telea.</source>
            <translation>请至少给出一个，例如 --models repair,telea。</translation>
        </message>
        <message>
            <source>The method 'biharmonic' needs scikit-image, which is not installed.</source>
            <translation>方法“biharmonic”需要 scikit-image，但未安装。</translation>
        </message>
        <message>
            <source>Install it with: python -m pip install scikit-image</source>
            <translation>请用以下命令安装：python -m pip install scikit-image</translation>
        </message>
        <message>
            <source>The file '%1' does not hold figures of other methods.</source>
            <translation>文件“%1”中没有其他方法的数据。</translation>
        </message>
        <message>
            <source>Leave out --peers.</source>
            <translation>请去掉 --peers。</translation>
        </message>
        <message>
            <source>'%1' in '%2' is not a detail.</source>
            <translation>“%2”中的“%1”不是细节值。</translation>
        </message>
        <message>
            <source>Write for example repair@0.3.</source>
            <translation>例如可写为 repair@0.3。</translation>
        </message>
        <message>
            <source>Give the photographs that it was made with.</source>
            <translation>请给出制作它时所用的照片。</translation>
        </message>
        <message>
            <source>'%1' tells of %2 photographs, but there are %3.</source>
            <translation>“%1”给出的是 %2 张照片的数据，而实际有 %3 张。</translation>
        </message>
        <message>
            <source>'%1' is no measurement of repairs.</source>
            <translation>“%1”不是修复的测量结果。</translation>
        </message>
        <message>
            <source>Give what restorer-train evaluate --json wrote.</source>
            <translation>请给出 restorer-train evaluate --json 写出的文件。</translation>
        </message>
        <message>
            <source>The measurements have no photograph or family in common.</source>
            <translation>这些测量结果没有共同的照片或类别。</translation>
        </message>
        <message>
            <source>Measure the same ones.</source>
            <translation>请测量相同的照片。</translation>
        </message>
        <message>
            <source>'%1' does not hold the figure '%2'.</source>
            <translation>“%1”中没有指标“%2”。</translation>
        </message>
        <message>
            <source>Try psnr_hole.</source>
            <translation>请试试 psnr_hole。</translation>
        </message>
        <message>
            <source>No run has the figure '%1'.</source>
            <translation>没有任何训练含有指标“%1”。</translation>
        </message>
        <message>
            <source>Try psnr_hole or l1.</source>
            <translation>请试试 psnr_hole 或 l1。</translation>
        </message>
        <message>
            <source>No figure was named.</source>
            <translation>没有指定指标。</translation>
        </message>
        <message>
            <source>'%1' is not a log of restorer-train.</source>
            <translation>“%1”不是 restorer-train 的日志。</translation>
        </message>
        <message>
            <source>Give the --out folder of a training.</source>
            <translation>请给出训练的 --out 文件夹。</translation>
        </message>
        <message>
            <source>The task '%1' is not known.</source>
            <translation>未知的任务“%1”。</translation>
        </message>
        <message>
            <source>Choose repair or detect.</source>
            <translation>请选择 repair 或 detect。</translation>
        </message>
        <message>
            <source>The mask for '%1' in '%2' is empty.</source>
            <translation>“%2”中“%1”的蒙版是空的。</translation>
        </message>
        <message>
            <source>Mark a hole in it.</source>
            <translation>请在其中标出破洞。</translation>
        </message>
        <message>
            <source>The share of damage of '%1' in the index is not a number.</source>
            <translation>索引中“%1”的损坏占比不是数字。</translation>
        </message>
        <message>
            <source>Write 0.01.</source>
            <translation>例如可写为 0.01。</translation>
        </message>
        <message>
            <source>There is no generator '%1'.</source>
            <translation>没有名为“%1”的生成器。</translation>
        </message>
        <message>
            <source>The %1 failed: %2</source>
            <translation>%1 失败：%2</translation>
        </message>
        <message>
            <source>See '%1'.</source>
            <translation>请查看“%1”。</translation>
        </message>
        <message>
            <source>'%1' holds a comparison with other settings.</source>
            <translation>“%1”中有一次使用其他设置的比较。</translation>
        </message>
        <message>
            <source>Give another --out.</source>
            <translation>请给出另一个 --out。</translation>
        </message>
        <message>
            <source>'%1' is not empty.</source>
            <translation>“%1”不是空的。</translation>
        </message>
        <message>
            <source>Give a new folder.</source>
            <translation>请给出一个新文件夹。</translation>
        </message>
        <message>
            <source>The photographs prepared for the training are damaged.</source>
            <translation>为训练准备的照片已损坏。</translation>
        </message>
        <message>
            <source>The photograph '%1' is gone.</source>
            <translation>照片“%1”已不存在。</translation>
        </message>
        <message>
            <source>Look through the folders again.</source>
            <translation>请重新浏览文件夹。</translation>
        </message>
        <message>
            <source>The photograph '%1' was changed meanwhile.</source>
            <translation>照片“%1”在此期间被更改过。</translation>
        </message>
        <message>
            <source>There is an unfinished training '%1'.</source>
            <translation>有一个尚未完成的训练“%1”。</translation>
        </message>
        <message>
            <source>Go on with --resume, discard it with --restart, or choose another name.</source>
            <translation>请用 --resume 继续，用 --restart 丢弃，或选择另一个名称。</translation>
        </message>
        <message>
            <source>The training needs %1 MiB on the disk, and %2 are free.</source>
            <translation>训练需要 %1 MiB 磁盘空间，而可用空间为 %2 MiB。</translation>
        </message>
        <message>
            <source>Make room, or set %1 to a folder on another disk.</source>
            <translation>请腾出空间，或将 %1 设为另一个磁盘上的文件夹。</translation>
        </message>
        <message>
            <source>The unfinished training '%1' has other settings (%2).</source>
            <translation>未完成的训练“%1”使用了其他设置（%2）。</translation>
        </message>
        <message>
            <source>Give the same ones, or choose another name.</source>
            <translation>请给出相同的设置，或选择另一个名称。</translation>
        </message>
        <message>
            <source>There is no unfinished training '%1'.</source>
            <translation>没有未完成的训练“%1”。</translation>
        </message>
        <message>
            <source>Start it without --resume.</source>
            <translation>请不带 --resume 开始。</translation>
        </message>
        <message>
            <source>The model '%1' cannot be fine-tuned.</source>
            <translation>模型“%1”不能微调。</translation>
        </message>
        <message>
            <source>Imported models are used as they are.</source>
            <translation>导入的模型只能原样使用。</translation>
        </message>
        <message>
            <source>No photograph in '%1' can be used.</source>
            <translation>“%1”中没有可用的照片。</translation>
        </message>
        <message>
            <source>%1 photographs in '%2' are too few to judge by.</source>
            <translation>“%2”中的 %1 张照片太少，无法用来评判。</translation>
        </message>
        <message>
            <source>At least %1 are needed.</source>
            <translation>至少需要 %1 张。</translation>
        </message>
        <message>
            <source>All photographs lie in '%1', or show the same scenes as those there.</source>
            <translation>所有照片都在“%1”中，或与其中的照片属于同一场景。</translation>
        </message>
        <message>
            <source>Those to learn from must be others.</source>
            <translation>用于学习的照片必须是其他照片。</translation>
        </message>
        <message>
            <source>The training '%1' is running in another program.</source>
            <translation>训练“%1”正在另一个程序中运行。</translation>
        </message>
        <message>
            <source>Wait for it, or end it there.</source>
            <translation>请等它结束，或在那里结束它。</translation>
        </message>
        <message>
            <source>The mask of '%1' is gone.</source>
            <translation>“%1”的蒙版已不存在。</translation>
        </message>
        <message>
            <source>The memory does not suffice to train on even one crop.</source>
            <translation>内存连一个裁块的训练都不够。</translation>
        </message>
        <message>
            <source>Choose smaller crops, or close other programs.</source>
            <translation>请选择更小的裁块，或关闭其他程序。</translation>
        </message>
        <message>
            <source>The photograph was changed since its damage was approved.</source>
            <translation>照片在其损坏标记被批准之后有改动。</translation>
        </message>
        <message>
            <source>Look at its damage again, then approve it.</source>
            <translation>请重新查看其损坏，再予批准。</translation>
        </message>
        <message>
            <source>This recipe does not search for damage.</source>
            <translation>此方案不查找损坏。</translation>
        </message>
        <message>
            <source>Add the stage that finds damage.</source>
            <translation>请添加查找损坏的步骤。</translation>
        </message>
        <message>
            <source>The mask that was approved cannot be read any more.</source>
            <translation>已批准的蒙版已无法读取。</translation>
        </message>
        <message>
            <source>What was decided about this batch cannot be read.</source>
            <translation>无法读取对此批处理所做的选择。</translation>
        </message>
        <message>
            <source>Begin it anew.</source>
            <translation>请重新开始。</translation>
        </message>
        <message>
            <source>The whole picture is marked as damaged.</source>
            <translation>整张图片都被标记为损坏。</translation>
        </message>
        <message>
            <source>Leave unmarked what the repair can go by.</source>
            <translation>请留下未标记的部分作为修复的依据。</translation>
        </message>
        <message>
            <source>'%1' has changed since the batch worked on it.</source>
            <translation>“%1”在批处理之后已被更改。</translation>
        </message>
        <message>
            <source>Its mask and its repair were not taken over: find its damage anew.</source>
            <translation>未采用其蒙版和修复结果：请重新查找损坏。</translation>
        </message>
        <message>
            <source>'%1' is not there</source>
            <translation>“%1”不存在</translation>
        </message>
        <message>
            <source>'%1' is the output folder itself</source>
            <translation>“%1”就是输出文件夹本身</translation>
        </message>
        <message>
            <source>'%1' is no pattern: '**' stands for whole folders, between two '/'</source>
            <translation>“%1”不是有效的通配模式：“**”代表整个文件夹，只能写在两个“/”之间</translation>
        </message>
        <message>
            <source>the template may use %1 and plain text</source>
            <translation>名称模板可以使用 %1 和普通文字</translation>
        </message>
        <message>
            <source>the template must not lead to another folder</source>
            <translation>名称模板不能指向另一个文件夹</translation>
        </message>
        <message>
            <source>the template must name a file inside of the output folder</source>
            <translation>名称模板必须指定输出文件夹内的文件</translation>
        </message>
        <message>
            <source>the template must have at most %1 letters that file names allow</source>
            <translation>名称模板最多可有 %1 个文件名允许的字符</translation>
        </message>
        <message>
            <source>the format must be source or one of %1</source>
            <translation>格式必须是 source 或以下之一：%1</translation>
        </message>
        <message>
            <source>the rule for existing files must be number or skip</source>
            <translation>对已有文件的规则必须是 number 或 skip</translation>
        </message>
        <message>
            <source>'%1' exists already in the output folder.</source>
            <translation>“%1”在输出文件夹中已经存在。</translation>
        </message>
        <message>
            <source>The program ended %1 times while working on this photograph.</source>
            <translation>程序在处理这张照片时意外结束了 %1 次。</translation>
        </message>
        <message>
            <source>The batch was begun without sidecars; what was done before has none.</source>
            <translation>此批处理开始时未写入修复记录；之前完成的结果没有修复记录。</translation>
        </message>
        <message>
            <source>The recipe of the batch</source>
            <translation>批处理的方案</translation>
        </message>
        <message>
            <source>%1 photographs found</source>
            <translation>找到 %1 张照片</translation>
        </message>
        <message>
            <source>There was not enough memory for this photograph. Close other programs.</source>
            <translation>没有足够的内存处理这张照片。请关闭其他程序。</translation>
        </message>
        <message>
            <source>The disk is full. Free some space and go on.</source>
            <translation>磁盘已满。请腾出一些空间，然后继续。</translation>
        </message>
        <message>
            <source>A file could not be used: %1.</source>
            <translation>有一个文件无法使用：%1。</translation>
        </message>
        <message>
            <source>A fault in Restorer: %1: %2</source>
            <translation>Restorer 出现故障：%1：%2</translation>
        </message>
        <message>
            <source>The output folder may not be written to. Check its permissions.</source>
            <translation>没有写入输出文件夹的权限。请检查其权限。</translation>
        </message>
        <message>
            <source>The output folder is gone. Connect its drive again and go on.</source>
            <translation>输出文件夹已不存在。请重新连接其所在的驱动器，然后继续。</translation>
        </message>
        <message>
            <source>%1 failed its self-test and is not used.</source>
            <translation>%1 未通过自检，因此不使用。</translation>
        </message>
        <message>
            <source>%1 were converted to RGB.</source>
            <translation>%1已转换为 RGB。</translation>
        </message>
        <message>
            <source>Premultiplied transparency was converted to plain transparency.</source>
            <translation>预乘透明度已转换为普通透明度。</translation>
        </message>
        <message>
            <source>A picture in pure black and white was read as grey.</source>
            <translation>纯黑白图片已按灰度读取。</translation>
        </message>
        <message>
            <source>The layers in the file were left out: the picture is what they look like together.</source>
            <translation>文件中的图层未保留：图片是各图层合在一起的样子。</translation>
        </message>
        <message>
            <source>Only the first of %1 pages was read.</source>
            <translation>只读取了 %1 页中的第一页。</translation>
        </message>
        <message>
            <source>Values of %1 bits were spread over %2.</source>
            <translation>%1 位的数值已扩展到 %2 位。</translation>
        </message>
        <message>
            <source>Tags of the TIFF that are too large for other files were left out: %1.</source>
            <translation>TIFF 中对其他文件来说过大的标签已略去：%1。</translation>
        </message>
        <message>
            <source>Only the first of %1 pictures in the file was read.</source>
            <translation>只读取了文件中 %1 张图片的第一张。</translation>
        </message>
        <message>
            <source>Palette colours were converted to RGB.</source>
            <translation>调色板颜色已转换为 RGB。</translation>
        </message>
        <message>
            <source>Extended XMP, a second part of the metadata, was left out.</source>
            <translation>略去了扩展 XMP（元数据的第二部分）。</translation>
        </message>
        <message>
            <source>CMYK was converted to RGB (sRGB) through its colour profile.</source>
            <translation>CMYK 已按其颜色配置文件转换为 RGB (sRGB)。</translation>
        </message>
        <message>
            <source>CMYK was converted to RGB without a colour profile, so colours may differ.</source>
            <translation>CMYK 在没有颜色配置文件的情况下转换为 RGB，颜色可能有差异。</translation>
        </message>
        <message>
            <source>The picture has a high dynamic range, which is not supported: its colours differ.</source>
            <translation>图片为高动态范围（HDR），不受支持：颜色会有所不同。</translation>
        </message>
        <message>
            <source>A further extra plane was left out.</source>
            <translation>略去了一个多余的附加通道。</translation>
        </message>
        <message>
            <source>The name says %1, but the file is a %2.</source>
            <translation>按名称应为 %1，但文件实际是 %2。</translation>
        </message>
        <message>
            <source>A text in the file is damaged or too long and was left out.</source>
            <translation>文件中有一段文字损坏或过长，已略去。</translation>
        </message>
        <message>
            <source>%1 texts in the file are damaged or too long and were left out.</source>
            <translation>文件中有 %1 段文字损坏或过长，已略去。</translation>
        </message>
        <message>
            <source>The download cannot be stored</source>
            <translation>无法保存下载的内容</translation>
        </message>
        <message>
            <source>Downloading, %1 MiB</source>
            <translation>正在下载，已完成 %1 MiB</translation>
        </message>
        <message>
            <source>Reading %1</source>
            <translation>正在读取“%1”</translation>
        </message>
        <message>
            <source>Trying it out</source>
            <translation>正在试运行</translation>
        </message>
        <message>
            <source>Storing it</source>
            <translation>正在存入模型库</translation>
        </message>
        <message>
            <source>%1, imported</source>
            <translation>%1（导入）</translation>
        </message>
        <message>
            <source>The model cannot be written into the library</source>
            <translation>无法将模型写入模型库</translation>
        </message>
        <message>
            <source>not told</source>
            <translation>未说明</translation>
        </message>
        <message>
            <source>The file '%1' cannot be written</source>
            <translation>无法写入文件“%1”</translation>
        </message>
        <message>
            <source>The model '%1' cannot be deleted</source>
            <translation>无法删除模型“%1”</translation>
        </message>
        <message>
            <source>The model '%1' cannot be renamed</source>
            <translation>无法重命名模型“%1”</translation>
        </message>
        <message>
            <source>The default cannot be stored</source>
            <translation>无法保存默认设置</translation>
        </message>
        <message>
            <source>The model library in '%1' cannot be read: %2.</source>
            <translation>无法读取“%1”中的模型库：%2。</translation>
        </message>
        <message>
            <source>Studying this photograph</source>
            <translation>正在学习这张照片</translation>
        </message>
        <message>
            <source>Parts of the unsaved work were damaged; all that could be read was recovered.</source>
            <translation>未保存的工作有部分损坏；能读取的内容都已恢复。</translation>
        </message>
        <message>
            <source>The photograph '%1' is not there any more as it was; this is the copy in the project.</source>
            <translation>照片“%1”已不是原样或已不在原处；这是项目中的副本。</translation>
        </message>
        <message>
            <source>The project '%1' holds the work on another photograph now ('%2').</source>
            <translation>项目“%1”现在保存的是另一张照片（“%2”）上的工作。</translation>
        </message>
        <message>
            <source>'%1' was changed since the project was saved: repaired places are as they were, all others are as they are now.</source>
            <translation>“%1”在项目保存之后被更改过：已修复的地方保持当时的样子，其他地方为现在的样子。</translation>
        </message>
        <message>
            <source>The recipe of the project</source>
            <translation>项目的方案</translation>
        </message>
        <message>
            <source>The project</source>
            <translation>项目</translation>
        </message>
        <message>
            <source>A part of the project (%1) could not be read.</source>
            <translation>项目的一部分（%1）无法读取。</translation>
        </message>
        <message>
            <source>BMP has no place for EXIF, IPTC and XMP, nor for a note of the repair.</source>
            <translation>BMP 无处存放 EXIF、IPTC 和 XMP，也无处存放修复说明。</translation>
        </message>
        <message>
            <source>The XMP of the photograph leaves no room in JPEG for a note of the repair.</source>
            <translation>照片的 XMP 太大，JPEG 中已放不下修复说明。</translation>
        </message>
        <message>
            <source>The XMP of the photograph is damaged; it was kept, without a note of the repair.</source>
            <translation>照片的 XMP 已损坏；已原样保留，没有添加修复说明。</translation>
        </message>
        <message>
            <source>a whole number from %1 to %2</source>
            <translation>%1 到 %2 的整数</translation>
        </message>
        <message>
            <source>a whole number from %1 to %2, or null %3</source>
            <translation>%1 到 %2 的整数，或 null（%3）</translation>
        </message>
        <message>
            <source>one of %1</source>
            <translation>以下之一：%1</translation>
        </message>
        <message>
            <source>The recipe</source>
            <translation>方案</translation>
        </message>
        <message>
            <source>a number from %1 to %2</source>
            <translation>%1 到 %2 的数字</translation>
        </message>
        <message>
            <source>the id of a model, or null for the default</source>
            <translation>模型的标识，或用 null 表示默认模型</translation>
        </message>
        <message>
            <source>'%1' is unknown</source>
            <translation>未知的“%1”</translation>
        </message>
        <message>
            <source>%1 (%2): '%3' is unknown</source>
            <translation>%1（%2）：未知的“%3”</translation>
        </message>
        <message>
            <source>%1 (%2): no earlier stage gives a %3</source>
            <translation>%1（%2）：前面没有步骤给出%3</translation>
        </message>
        <message>
            <source>'title' must be a text of up to %1 letters</source>
            <translation>“title”必须是不超过 %1 个字符的文字</translation>
        </message>
        <message>
            <source>it must be an object with 'schema' and 'stages'</source>
            <translation>它必须是含有“schema”和“stages”的对象</translation>
        </message>
        <message>
            <source>'schema' must be %1</source>
            <translation>“schema”必须是 %1</translation>
        </message>
        <message>
            <source>'stages' must be a list of at least one stage</source>
            <translation>“stages”必须是至少含一个步骤的列表</translation>
        </message>
        <message>
            <source>%1: 'stage' must be one of %2</source>
            <translation>%1：“stage”必须是以下之一：%2</translation>
        </message>
        <message>
            <source>for no limit</source>
            <translation>表示不限</translation>
        </message>
        <message>
            <source>%1 (%2): '%3' must be %4</source>
            <translation>%1（%2）：“%3”应为：%4</translation>
        </message>
        <message>
            <source>stage %1: '%2' is there twice</source>
            <translation>步骤 %1：“%2”出现了两次</translation>
        </message>
        <message>
            <source>This format compresses with loss: pixels outside the mask differ slightly in the file. Use .png or .tif to keep them.</source>
            <translation>此格式为有损压缩：文件中蒙版之外的像素会略有不同。要原样保留请使用 .png 或 .tif。</translation>
        </message>
        <message>
            <source>This format has no place for EXIF, IPTC and XMP. Use .png or .tif to keep them.</source>
            <translation>此格式无法保存 EXIF、IPTC 和 XMP。请用 .png 或 .tif 来保留它们。</translation>
        </message>
        <message>
            <source>The EXIF of the photograph is damaged and has no place in a TIFF. Use .png to keep it.</source>
            <translation>照片的 EXIF 已损坏，无法存入 TIFF。如需保留，请使用 .png。</translation>
        </message>
        <message>
            <source>This file has no place for the comments of the photograph. Use .png to keep them.</source>
            <translation>此文件无法保存照片的注释。请用 .png 来保留它们。</translation>
        </message>
        <message>
            <source>Studying this photograph helped: holes made in it for a test had %1 % less error.</source>
            <translation>学习这张照片有帮助：在照片上试填时误差减少了 %1 %。</translation>
        </message>
        <message>
            <source>Studying this photograph brought nothing: it was filled as without study.</source>
            <translation>学习这张照片没有带来改善：填补方式与不学习时相同。</translation>
        </message>
        <message>
            <source>a path</source>
            <translation>路径</translation>
        </message>
        <message>
            <source>a plain file name</source>
            <translation>不含路径的文件名</translation>
        </message>
        <message>
            <source>a recipe</source>
            <translation>方案</translation>
        </message>
        <message>
            <source>'schema' must be %1 or %2</source>
            <translation>“schema”必须是 %1 或 %2</translation>
        </message>
        <message>
            <source>an object of models with a SHA-256 each</source>
            <translation>由模型组成的对象，每个模型带有 SHA-256</translation>
        </message>
        <message>
            <source>cpu, cuda or mps</source>
            <translation>cpu、cuda 或 mps</translation>
        </message>
        <message>
            <source>a number of threads, or null</source>
            <translation>线程数，或 null</translation>
        </message>
        <message>
            <source>'%1' must be %2</source>
            <translation>“%1”应为：%2</translation>
        </message>
        <message>
            <source>The correction cannot be kept</source>
            <translation>无法保留修正过的蒙版</translation>
        </message>
        <message>
            <source>Looking at %1</source>
            <translation>正在查看“%1”</translation>
        </message>
        <message>
            <source>'%1' has %2 x %3 pixels; sides of %4 are needed.</source>
            <translation>“%1”为 %2 × %3 像素；每边至少需要 %4 像素。</translation>
        </message>
        <message>
            <source>Looking for photographs</source>
            <translation>正在查找照片</translation>
        </message>
        <message>
            <source>the architecture '%1' is unknown</source>
            <translation>未知的架构“%1”</translation>
        </message>
        <message>
            <source>give either a number of steps or of minutes</source>
            <translation>请给出步数或分钟数，二者只选其一</translation>
        </message>
        <message>
            <source>layers can be kept only of weights to start from</source>
            <translation>只有指定了起始权重时才能保留层</translation>
        </message>
        <message>
            <source>a compact update needs weights to start from</source>
            <translation>紧凑更新需要起始权重</translation>
        </message>
        <message>
            <source>overlays and labels are for detectors</source>
            <translation>叠加素材和标注只用于检测模型</translation>
        </message>
        <message>
            <source>the rate must be a number above 0</source>
            <translation>学习率必须是大于 0 的数字</translation>
        </message>
        <message>
            <source>the minutes must be a number</source>
            <translation>分钟数必须是数字</translation>
        </message>
        <message>
            <source>the seed must not be negative</source>
            <translation>种子不能是负数</translation>
        </message>
        <message>
            <source>the batch must hold at least one crop</source>
            <translation>每批必须至少有一个裁块</translation>
        </message>
        <message>
            <source>the crop must be a multiple of 32 pixels</source>
            <translation>裁块大小必须是 32 像素的倍数</translation>
        </message>
        <message>
            <source>the adversarial share must lie between 0 and 1</source>
            <translation>对抗损失的占比必须在 0 到 1 之间</translation>
        </message>
        <message>
            <source>the architecture '%1' is not for the task '%2'</source>
            <translation>架构“%1”不适用于任务“%2”</translation>
        </message>
        <message>
            <source>there is no folder '%1'</source>
            <translation>没有文件夹“%1”</translation>
        </message>
        <message>
            <source>there is no recipe '%1'</source>
            <translation>没有训练方案“%1”</translation>
        </message>
        <message>
            <source>The training cannot be written to '%1'</source>
            <translation>无法将训练写入“%1”</translation>
        </message>
        <message>
            <source>drawing the sheet</source>
            <translation>绘制图页</translation>
        </message>
        <message>
            <source>The comparison cannot be written to '%1'</source>
            <translation>无法将比较写入“%1”</translation>
        </message>
        <message>
            <source>one of the processes ended</source>
            <translation>其中一个进程已结束</translation>
        </message>
        <message>
            <source>processes cannot be started: %1</source>
            <translation>无法启动进程：%1</translation>
        </message>
        <message>
            <source>the first of the processes ended</source>
            <translation>第一个进程已结束</translation>
        </message>
        <message>
            <source>The photographs cannot be prepared for the training</source>
            <translation>无法为训练准备照片</translation>
        </message>
        <message>
            <source>Preparing %1</source>
            <translation>正在准备“%1”</translation>
        </message>
        <message>
            <source>Measuring: %1</source>
            <translation>正在测量：%1</translation>
        </message>
        <message>
            <source>%1, fine-tuned on %2 photographs%3</source>
            <translation>“%1”在 %2 张照片上微调的模型%3</translation>
        </message>
        <message>
            <source>Measuring the speed of this computer</source>
            <translation>正在测量这台电脑的速度</translation>
        </message>
        <message>
            <source>Comparing with the model it started from</source>
            <translation>正在与起始模型比较</translation>
        </message>
        <message>
            <source>, kept against the verdict</source>
            <translation>，不顾结论而保留</translation>
        </message>
        <message>
            <source>The verdict cannot be written</source>
            <translation>无法写入结论</translation>
        </message>
        <message>
            <source>%1 photographs of the user</source>
            <translation>用户的 %1 张照片</translation>
        </message>
        <message>
            <source>The training cannot be prepared</source>
            <translation>无法准备训练</translation>
        </message>
        <message>
            <source>there is no preset '%1'</source>
            <translation>没有名为“%1”的预设</translation>
        </message>
        <message>
            <source>a detector learns from corrected masks: name their folder</source>
            <translation>检测器从修正过的蒙版中学习：请指定其文件夹</translation>
        </message>
        <message>
            <source>a batch needs crops of 64 to %1 pixels, a multiple of 32</source>
            <translation>每批需要 64 到 %1 像素的裁块，且为 32 的倍数</translation>
        </message>
        <message>
            <source>rate, minutes and pull must be numbers from 0</source>
            <translation>学习率、分钟数和拉回力度必须是不小于 0 的数字</translation>
        </message>
        <message>
            <source>the share of replay must lie between 0 and 0.9</source>
            <translation>自带图片的比例必须在 0 到 0.9 之间</translation>
        </message>
        <message>
            <source>the kinds of holes must be some of %1</source>
            <translation>破洞的种类必须从以下各项中选取：%1</translation>
        </message>
        <message>
            <source>the losses must be some of %1</source>
            <translation>损失项必须从以下各项中选取：%1</translation>
        </message>
        <message>
            <source>the weights of the losses must be numbers from 0, not all of them 0</source>
            <translation>损失的权重必须是不小于 0 的数，且不能全部为 0</translation>
        </message>
        <message>
            <source>the layers must be one of %1</source>
            <translation>训练的层必须是以下之一：%1</translation>
        </message>
        <message>
            <source>'%1' is no folder</source>
            <translation>“%1”不是文件夹</translation>
        </message>
        <message>
            <source>The log cannot be written</source>
            <translation>无法写入日志</translation>
        </message>
        <message>
            <source>The checkpoint cannot be written</source>
            <translation>无法写入检查点</translation>
        </message>
        <message>
            <source>recipe</source>
            <translation>方案</translation>
        </message>
        <message>
            <source>sidecar</source>
            <translation>修复记录</translation>
        </message>
        <message>
            <source>mask</source>
            <translation>蒙版</translation>
        </message>
        <message>
            <source>patch</source>
            <translation>补片</translation>
        </message>
        <message>
            <source>naming</source>
            <translation>命名规则</translation>
        </message>
        <message>
            <source>model</source>
            <translation>模型</translation>
        </message>
        <message>
            <source>signed</source>
            <translation>有符号</translation>
        </message>
        <message>
            <source>floating-point</source>
            <translation>浮点</translation>
        </message>
        <message>
            <source>%1-bit</source>
            <translation>%1 位</translation>
        </message>
        <message>
            <source>stage %1</source>
            <translation>步骤 %1</translation>
        </message>
        <message>
            <source>deleted</source>
            <translation>删除</translation>
        </message>
        <message>
            <source>renamed</source>
            <translation>重命名</translation>
        </message>
        <message>
            <source>a SHA-256</source>
            <translation>SHA-256</translation>
        </message>
        <message>
            <source>8 or 16</source>
            <translation>8 或 16</translation>
        </message>
        <message>
            <source>Watching</source>
            <translation>正在留意新照片</translation>
        </message>
        <message>
            <source>Learning</source>
            <translation>正在学习</translation>
        </message>
        <message>
            <source>the output folder is gone</source>
            <translation>输出文件夹已不存在</translation>
        </message>
        <message>
            <source>%1 photographs, see %2.md</source>
            <translation>%1 张照片，见 %2.md</translation>
        </message>
        <message>
            <source>damage</source>
            <translation>损坏图</translation>
        </message>
        <message>
            <source>mask settings</source>
            <translation>蒙版设置</translation>
        </message>
        <message>
            <source>proposal</source>
            <translation>建议的蒙版</translation>
        </message>
        <message>
            <source>proposal share</source>
            <translation>建议的占比</translation>
        </message>
        <message>
            <source>by hand</source>
            <translation>手动标记</translation>
        </message>
        <message>
            <source>filled</source>
            <translation>填补内容</translation>
        </message>
        <message>
            <source>repairs</source>
            <translation>修复列表</translation>
        </message>
        <message>
            <source>No such file or directory</source>
            <translation>没有该文件或文件夹</translation>
        </message>
        <message>
            <source>Permission denied</source>
            <translation>没有权限</translation>
        </message>
        <message>
            <source>Operation not permitted</source>
            <translation>不允许此操作</translation>
        </message>
        <message>
            <source>No space left on device</source>
            <translation>磁盘空间不足</translation>
        </message>
        <message>
            <source>Read-only file system</source>
            <translation>文件系统为只读</translation>
        </message>
        <message>
            <source>Input/output error</source>
            <translation>输入或输出错误</translation>
        </message>
        <message>
            <source>File name too long</source>
            <translation>文件名太长</translation>
        </message>
        <message>
            <source>File exists</source>
            <translation>文件已存在</translation>
        </message>
        <message>
            <source>Is a directory</source>
            <translation>它是文件夹</translation>
        </message>
        <message>
            <source>Not a directory</source>
            <translation>它不是文件夹</translation>
        </message>
        <message>
            <source>Device or resource busy</source>
            <translation>设备正忙</translation>
        </message>
        <message>
            <source>Disk quota exceeded</source>
            <translation>超出磁盘配额</translation>
        </message>
        <message>
            <source>Too many open files</source>
            <translation>打开的文件太多</translation>
        </message>
        <message>
            <source>File too large</source>
            <translation>文件太大</translation>
        </message>
        <message>
            <source>Stale file handle</source>
            <translation>网络文件已失效</translation>
        </message>
        <message>
            <source>No such device</source>
            <translation>没有该设备</translation>
        </message>
        <message>
            <source>Broken pipe</source>
            <translation>连接意外中断</translation>
        </message>
        <message>
            <source>Connection timed out</source>
            <translation>连接超时</translation>
        </message>
        <message>
            <source>Host is down</source>
            <translation>主机没有响应</translation>
        </message>
        <message>
            <source>[Errno %1] %2</source>
            <translation>%2（错误 %1）</translation>
        </message>
        <message>
            <source>[Errno %1] %2: '%3'</source>
            <translation>“%3”：%2（错误 %1）</translation>
        </message>
        <message>
            <source>[WinError %1] %2</source>
            <translation>%2（错误 %1）</translation>
        </message>
        <message>
            <source>[WinError %1] %2: '%3'</source>
            <translation>“%3”：%2（错误 %1）</translation>
        </message>
        <message>
            <source>mean F1, 12 damaged photographs, 2 px</source>
            <translation>平均 F1，12 张受损照片，容差 2 像素</translation>
        </message>
        <message>
            <source>F1 where at least 0.5 % is damaged</source>
            <translation>受损不少于 0.5 % 的照片的 F1</translation>
        </message>
        <message>
            <source>F1 ms_a, ms_c</source>
            <translation>ms_a 和 ms_c 的 F1</translation>
        </message>
        <message>
            <source>clean photographs flagged</source>
            <translation>完好照片中被误标的部分</translation>
        </message>
        <message>
            <source>scratches</source>
            <translation>划痕</translation>
        </message>
        <message>
            <source>%1: hole-PSNR at detail 0 (best classical)</source>
            <translation>%1：细节 0 时破洞内 PSNR（最佳传统方法）</translation>
        </message>
        <message>
            <source>%1: hole-PSNR, texture, HaarPSI at the default detail</source>
            <translation>%1：默认细节下破洞内 PSNR、纹理、HaarPSI</translation>
        </message>
        <message>
            <source>blobs</source>
            <translation>斑块</translation>
        </message>
        <message>
            <source>strokes</source>
            <translation>笔画</translation>
        </message>
        <message>
            <source>centre</source>
            <translation>中央方块</translation>
        </message>
        <message>
            <source>blocks</source>
            <translation>随机方块</translation>
        </message>
        <message>
            <source>regions</source>
            <translation>不规则区域</translation>
        </message>
        <message>
            <source>photographs measured</source>
            <translation>测量的照片数</translation>
        </message>
        <message>
            <source>%1: hole-PSNR at detail 0 (Telea)</source>
            <translation>%1：细节 0 时破洞内 PSNR（Telea）</translation>
        </message>
        <message>
            <source>%1: hole-PSNR, texture, seam at detail 1</source>
            <translation>%1：细节 1 时破洞内 PSNR、纹理、接缝</translation>
        </message>
        <message>
            <source>%1 % of their pixels</source>
            <translation>其像素的 %1 %</translation>
        </message>
    </context>
</TS>
