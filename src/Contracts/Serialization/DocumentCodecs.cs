using Orleans.Serialization.Cloning;
using Orleans.Serialization.Serializers;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Keys;
using OrleansOneShot.Documents.Models;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Documents.Webhooks;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Contracts.Serialization;

[RegisterSerializer]
internal sealed class MethodOptionsCodec(ICodecProvider codecs) : NumberedCodec<MethodOptions>(codecs);

[RegisterSerializer]
internal sealed class TrainingOptionsCodec(ICodecProvider codecs) : NumberedCodec<TrainingOptions>(codecs);

[RegisterSerializer]
internal sealed class SampleOptionsCodec(ICodecProvider codecs) : NumberedCodec<SampleOptions>(codecs);

[RegisterSerializer]
internal sealed class FanOutOptionsCodec(ICodecProvider codecs) : NumberedCodec<FanOutOptions>(codecs);

[RegisterSerializer]
internal sealed class ImplantationRequestCodec(ICodecProvider codecs) : NumberedCodec<ImplantationRequest>(codecs);

[RegisterSerializer]
internal sealed class ObjectSpecCodec(ICodecProvider codecs) : NumberedCodec<ObjectSpec>(codecs);

[RegisterSerializer]
internal sealed class ModelReferenceCodec(ICodecProvider codecs) : NumberedCodec<ModelReference>(codecs);

[RegisterSerializer]
internal sealed class ImplantationStatusCodec(ICodecProvider codecs) : NumberedCodec<ImplantationStatus>(codecs);

[RegisterSerializer]
internal sealed class ImplantationEstimateCodec(ICodecProvider codecs) : NumberedCodec<ImplantationEstimate>(codecs);

[RegisterSerializer]
internal sealed class SecondsRangeCodec(ICodecProvider codecs) : NumberedCodec<SecondsRange>(codecs);

[RegisterSerializer]
internal sealed class GenerationRequestCodec(ICodecProvider codecs) : NumberedCodec<GenerationRequest>(codecs);

[RegisterSerializer]
internal sealed class ImplantationReferenceCodec(ICodecProvider codecs) : NumberedCodec<ImplantationReference>(codecs);

[RegisterSerializer]
internal sealed class GenerationStatusCodec(ICodecProvider codecs) : NumberedCodec<GenerationStatus>(codecs);

[RegisterSerializer]
internal sealed class JobFileCodec(ICodecProvider codecs) : NumberedCodec<JobFile>(codecs);

[RegisterSerializer]
internal sealed class KnownModelCodec(ICodecProvider codecs) : NumberedCodec<KnownModel>(codecs);

[RegisterSerializer]
internal sealed class ModelPullRequestCodec(ICodecProvider codecs) : NumberedCodec<ModelPullRequest>(codecs);

[RegisterSerializer]
internal sealed class ModelPullStatusCodec(ICodecProvider codecs) : NumberedCodec<ModelPullStatus>(codecs);

[RegisterSerializer]
internal sealed class JobMetricsCodec(ICodecProvider codecs) : NumberedCodec<JobMetrics>(codecs);

[RegisterSerializer]
internal sealed class ObjectMetricsCodec(ICodecProvider codecs) : NumberedCodec<ObjectMetrics>(codecs);

[RegisterSerializer]
internal sealed class JobQueryCodec(ICodecProvider codecs) : NumberedCodec<JobQuery>(codecs);

[RegisterSerializer]
internal sealed class JobPageCodec(ICodecProvider codecs) : NumberedCodec<JobPage>(codecs);

[RegisterSerializer]
internal sealed class JobSummaryCodec(ICodecProvider codecs) : NumberedCodec<JobSummary>(codecs);

[RegisterSerializer]
internal sealed class ErrorDetailCodec(ICodecProvider codecs) : NumberedCodec<ErrorDetail>(codecs);

[RegisterSerializer]
internal sealed class ProgressEventCodec(ICodecProvider codecs) : NumberedCodec<ProgressEvent>(codecs);

[RegisterSerializer]
internal sealed class ProgressUpdateCodec(ICodecProvider codecs) : NumberedCodec<ProgressUpdate>(codecs);

[RegisterSerializer]
internal sealed class TermLossesCodec(ICodecProvider codecs) : NumberedCodec<TermLosses>(codecs);

[RegisterSerializer]
internal sealed class KeyDocumentCodec(ICodecProvider codecs) : NumberedCodec<KeyDocument>(codecs);

[RegisterSerializer]
internal sealed class NewKeyCodec(ICodecProvider codecs) : NumberedCodec<NewKey>(codecs);

[RegisterSerializer]
internal sealed class WebhookRequestCodec(ICodecProvider codecs) : NumberedCodec<WebhookRequest>(codecs);

[RegisterSerializer]
internal sealed class WebhookDocumentCodec(ICodecProvider codecs) : NumberedCodec<WebhookDocument>(codecs);

[RegisterSerializer]
internal sealed class WebhookDeliveryCodec(ICodecProvider codecs) : NumberedCodec<WebhookDelivery>(codecs);

[RegisterSerializer]
internal sealed class NewWebhookCodec(ICodecProvider codecs) : NumberedCodec<NewWebhook>(codecs);

[RegisterSerializer]
internal sealed class WebhookJobCodec(ICodecProvider codecs) : NumberedCodec<WebhookJob>(codecs);

// Documents can't be changed, so nobody needs a copy.
[RegisterCopier]
internal sealed class MethodOptionsCopier : ShallowCopier<MethodOptions>;

[RegisterCopier]
internal sealed class TrainingOptionsCopier : ShallowCopier<TrainingOptions>;

[RegisterCopier]
internal sealed class SampleOptionsCopier : ShallowCopier<SampleOptions>;

[RegisterCopier]
internal sealed class FanOutOptionsCopier : ShallowCopier<FanOutOptions>;

[RegisterCopier]
internal sealed class ImplantationRequestCopier : ShallowCopier<ImplantationRequest>;

[RegisterCopier]
internal sealed class ObjectSpecCopier : ShallowCopier<ObjectSpec>;

[RegisterCopier]
internal sealed class ModelReferenceCopier : ShallowCopier<ModelReference>;

[RegisterCopier]
internal sealed class ImplantationStatusCopier : ShallowCopier<ImplantationStatus>;

[RegisterCopier]
internal sealed class ImplantationEstimateCopier : ShallowCopier<ImplantationEstimate>;

[RegisterCopier]
internal sealed class SecondsRangeCopier : ShallowCopier<SecondsRange>;

[RegisterCopier]
internal sealed class GenerationRequestCopier : ShallowCopier<GenerationRequest>;

[RegisterCopier]
internal sealed class ImplantationReferenceCopier : ShallowCopier<ImplantationReference>;

[RegisterCopier]
internal sealed class GenerationStatusCopier : ShallowCopier<GenerationStatus>;

[RegisterCopier]
internal sealed class JobFileCopier : ShallowCopier<JobFile>;

[RegisterCopier]
internal sealed class KnownModelCopier : ShallowCopier<KnownModel>;

[RegisterCopier]
internal sealed class ModelPullRequestCopier : ShallowCopier<ModelPullRequest>;

[RegisterCopier]
internal sealed class ModelPullStatusCopier : ShallowCopier<ModelPullStatus>;

[RegisterCopier]
internal sealed class JobMetricsCopier : ShallowCopier<JobMetrics>;

[RegisterCopier]
internal sealed class ObjectMetricsCopier : ShallowCopier<ObjectMetrics>;

[RegisterCopier]
internal sealed class JobQueryCopier : ShallowCopier<JobQuery>;

[RegisterCopier]
internal sealed class JobPageCopier : ShallowCopier<JobPage>;

[RegisterCopier]
internal sealed class JobSummaryCopier : ShallowCopier<JobSummary>;

[RegisterCopier]
internal sealed class ErrorDetailCopier : ShallowCopier<ErrorDetail>;

[RegisterCopier]
internal sealed class ProgressEventCopier : ShallowCopier<ProgressEvent>;

[RegisterCopier]
internal sealed class ProgressUpdateCopier : ShallowCopier<ProgressUpdate>;

[RegisterCopier]
internal sealed class TermLossesCopier : ShallowCopier<TermLosses>;

[RegisterCopier]
internal sealed class KeyDocumentCopier : ShallowCopier<KeyDocument>;

[RegisterCopier]
internal sealed class NewKeyCopier : ShallowCopier<NewKey>;

[RegisterCopier]
internal sealed class WebhookRequestCopier : ShallowCopier<WebhookRequest>;

[RegisterCopier]
internal sealed class WebhookDocumentCopier : ShallowCopier<WebhookDocument>;

[RegisterCopier]
internal sealed class WebhookDeliveryCopier : ShallowCopier<WebhookDelivery>;

[RegisterCopier]
internal sealed class NewWebhookCopier : ShallowCopier<NewWebhook>;

[RegisterCopier]
internal sealed class WebhookJobCopier : ShallowCopier<WebhookJob>;
