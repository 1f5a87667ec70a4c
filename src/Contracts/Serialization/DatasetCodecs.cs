using Orleans.Serialization.Cloning;
using Orleans.Serialization.Serializers;
using OrleansOneShot.Documents.Datasets;

namespace OrleansOneShot.Contracts.Serialization;

[RegisterSerializer]
internal sealed class DatasetRunRequestCodec(ICodecProvider codecs) : NumberedCodec<DatasetRunRequest>(codecs);

[RegisterSerializer]
internal sealed class DatasetItemCodec(ICodecProvider codecs) : NumberedCodec<DatasetItem>(codecs);

[RegisterSerializer]
internal sealed class DatasetRunStatusCodec(ICodecProvider codecs) : NumberedCodec<DatasetRunStatus>(codecs);

[RegisterSerializer]
internal sealed class DatasetCountsCodec(ICodecProvider codecs) : NumberedCodec<DatasetCounts>(codecs);

[RegisterSerializer]
internal sealed class DatasetRunQueryCodec(ICodecProvider codecs) : NumberedCodec<DatasetRunQuery>(codecs);

[RegisterSerializer]
internal sealed class DatasetRunPageCodec(ICodecProvider codecs) : NumberedCodec<DatasetRunPage>(codecs);

[RegisterSerializer]
internal sealed class DatasetItemStatusCodec(ICodecProvider codecs) : NumberedCodec<DatasetItemStatus>(codecs);

[RegisterSerializer]
internal sealed class DatasetItemQueryCodec(ICodecProvider codecs) : NumberedCodec<DatasetItemQuery>(codecs);

[RegisterSerializer]
internal sealed class DatasetItemPageCodec(ICodecProvider codecs) : NumberedCodec<DatasetItemPage>(codecs);

// Documents can't be changed, so nobody needs a copy.
[RegisterCopier]
internal sealed class DatasetRunRequestCopier : ShallowCopier<DatasetRunRequest>;

[RegisterCopier]
internal sealed class DatasetItemCopier : ShallowCopier<DatasetItem>;

[RegisterCopier]
internal sealed class DatasetRunStatusCopier : ShallowCopier<DatasetRunStatus>;

[RegisterCopier]
internal sealed class DatasetCountsCopier : ShallowCopier<DatasetCounts>;

[RegisterCopier]
internal sealed class DatasetRunQueryCopier : ShallowCopier<DatasetRunQuery>;

[RegisterCopier]
internal sealed class DatasetRunPageCopier : ShallowCopier<DatasetRunPage>;

[RegisterCopier]
internal sealed class DatasetItemStatusCopier : ShallowCopier<DatasetItemStatus>;

[RegisterCopier]
internal sealed class DatasetItemQueryCopier : ShallowCopier<DatasetItemQuery>;

[RegisterCopier]
internal sealed class DatasetItemPageCopier : ShallowCopier<DatasetItemPage>;
