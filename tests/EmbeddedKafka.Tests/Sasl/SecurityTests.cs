using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Confluent.Kafka;
using static Sluice.EmbeddedKafka.Tests.TestBroker;

namespace Sluice.EmbeddedKafka.Tests.Sasl;

public sealed class SecurityTests
{
    private static readonly Dictionary<string, string> Users = new() { ["alice"] = "pässword, with=signs" };

    private static void Login(ClientConfig config, SaslMechanism mechanism, string user, string password)
    {
        config.SecurityProtocol = SecurityProtocol.SaslPlaintext;
        config.SaslMechanism = mechanism;
        config.SaslUsername = user;
        config.SaslPassword = password;
    }

    [Theory]
    [InlineData(SaslMechanism.Plain)]
    [InlineData(SaslMechanism.ScramSha256)]
    [InlineData(SaslMechanism.ScramSha512)]
    public async Task Who_knows_the_password_gets_in(SaslMechanism mechanism)
    {
        await using var broker = await StartAsync(o => o with { Users = Users });
        Assert.Equal(0, await broker.ProduceAsync("items", "k", "v", c => Login(c, mechanism, "alice", Users["alice"])));
        Assert.Single(broker.ReadAll("items", count: 1, change: c => Login(c, mechanism, "alice", Users["alice"])));
    }

    [Theory]
    [InlineData(SaslMechanism.Plain, "alice", "wrong")]
    [InlineData(SaslMechanism.Plain, "bob", "wrong")]
    [InlineData(SaslMechanism.ScramSha256, "alice", "wrong")]
    [InlineData(SaslMechanism.ScramSha512, "bob", "wrong")]
    public async Task Who_does_not_is_told_so(SaslMechanism mechanism, string user, string password)
    {
        await using var broker = await StartAsync(o => o with { Users = Users });
        var told = new TaskCompletionSource<Error>(TaskCreationOptions.RunContinuationsAsynchronously);
        var config = new ProducerConfig { BootstrapServers = broker.Server };
        Login(config, mechanism, user, password);
        using var producer = new ProducerBuilder<byte[], byte[]>(config)
            .SetLogHandler((_, _) => { })
            .SetErrorHandler((_, error) =>
            {
                if (error.Code == ErrorCode.Local_Authentication)
                {
                    told.TrySetResult(error);
                }
            })
            .Build();
        producer.Produce("items", Message("k", "v"));
        Assert.Contains("Authentication failed", (await told.Task.WaitAsync(Patience)).Reason);
        Assert.DoesNotContain(broker.Broker.Inner.Topics.All, topic => topic.Name == "items");
    }

    [Fact]
    public async Task Without_login_nothing_is_served()
    {
        await using var broker = await StartAsync(o => o with { Users = Users });
        using var admin = broker.Admin();
        Assert.Throws<KafkaException>(() => admin.GetMetadata(TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task With_a_certificate_connections_speak_TLS()
    {
        string directory = NewDirectory();
        try
        {
            string certificate = Path.Combine(directory, "cert.pem"), key = Path.Combine(directory, "key.pem");
            using (var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256))
            {
                var request = new CertificateRequest("CN=127.0.0.1", pair, HashAlgorithmName.SHA256);
                var names = new SubjectAlternativeNameBuilder();
                names.AddIpAddress(System.Net.IPAddress.Loopback);
                request.CertificateExtensions.Add(names.Build());
                request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
                using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddHours(1));
                File.WriteAllText(certificate, made.ExportCertificatePem());
                File.WriteAllText(key, pair.ExportPkcs8PrivateKeyPem());
            }

            await using var broker = await StartAsync(o => o with { TlsCertificateFile = certificate, TlsKeyFile = key });
            void Secure(ClientConfig config)
            {
                config.SecurityProtocol = SecurityProtocol.Ssl;
                config.SslCaLocation = certificate;
                config.SslEndpointIdentificationAlgorithm = SslEndpointIdentificationAlgorithm.None;
            }

            string large = new('x', 500_000);
            Assert.Equal(0, await broker.ProduceAsync("items", "k", large, Secure));
            Assert.Equal(large, Text(broker.ReadAll("items", count: 1, change: Secure)[0].Message.Value));
            using var plain = broker.Admin();
            Assert.Throws<KafkaException>(() => plain.GetMetadata(TimeSpan.FromSeconds(1)));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
