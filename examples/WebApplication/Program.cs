// A photo and a mask from a form become a job; its page shows how far it is, and then the pictures.
using OrleansOneShot.Client;
using OrleansOneShot.Examples;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddAntiforgery();
builder.Services.AddOneShotClient(
    new Uri(builder.Configuration["OneShot:Server"] ?? "http://127.0.0.1:8080"),
    options => options.KeyFile = builder.Configuration["OneShot:KeyFile"]
);
var application = builder.Build();
application.Use(
    (context, next) =>
    {
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; img-src 'self'; form-action 'self'; frame-ancestors 'none'";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return next(context);
    }
);
application.UseAntiforgery();
Jobs.Map(application);
application.Run();
