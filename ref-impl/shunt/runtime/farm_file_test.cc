// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/farm_file.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace shunt::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// 9 lines: every key that a server must have.
const std::string kServer = R"([[server]]
name = "s1"
id = 1
front_ip = "10.7.0.101/16"
front_mac = "02:07:00:00:00:01"
service = ["10.7.1.1"]
forward_ip = ["10.8.1.1"]
control_ip = "10.8.0.1/16"
back_mac = "02:08:00:00:00:01"
)";

std::string with(std::string text, const std::string& from, const std::string& to) {
    const std::size_t position = text.find(from);
    EXPECT_NE(position, std::string::npos) << from;
    return text.replace(position, from.size(), to);
}

FarmFileErrors errors_of(const std::string& text) {
    const auto file = parse_farm_file(text, "farm.toml", "/etc/shunt");
    return file ? FarmFileErrors{} : file.error();
}

TEST(FarmFile, ReadsAServerWithDefaultsForTheRest) {
    const auto file = parse_farm_file(kServer, "farm.toml", "/etc/shunt");
    ASSERT_TRUE(file) << file.error().front();
    ASSERT_EQ(file->config.servers.size(), 1U);
    const farm::Server& server = file->config.servers[0];
    EXPECT_EQ(server.name, "s1");
    EXPECT_EQ(server.id, 1U);
    EXPECT_EQ(server.front_ip.address.to_string(), "10.7.0.101");
    EXPECT_EQ(server.front_ip.prefix_length, 16);
    EXPECT_EQ(server.front_mac.to_string(), "02:07:00:00:00:01");
    EXPECT_THAT(server.services, ElementsAre(wire::Ipv4Address(10, 7, 1, 1)));
    EXPECT_THAT(server.forward_ips, ElementsAre(wire::Ipv4Address(10, 8, 1, 1)));
    EXPECT_FALSE(server.gateway);
    EXPECT_EQ(file->config.farm.ethertype, 0x88B5);
    EXPECT_EQ(file->config.timers.fall_back, Duration::milliseconds(750));
    EXPECT_EQ(file->config.limits.held_packets, 64U);
    EXPECT_THAT(file->warnings,
                ElementsAre("farm.toml:1: farm.secret_file: expected a secret, or nothing on the "
                            "back link is authenticated (SEC-4)"));
}

TEST(FarmFile, RefusesAKeyThatWouldTakeTheParsersStack) {
    std::string deep = "a";
    for (int dot = 0; dot < 50'000; ++dot)
        deep += ".a";
    for (const std::string& text :
         {deep + " = 1\n", "[" + deep + "]\n", "x = {" + deep + " = 1}\n",
          "x = \"\"\"a\"\"\"\"\n" + deep + " = 1\n", "x = 'y\\'\n" + deep + " = 1\n"}) {
        EXPECT_THAT(errors_of(text),
                    ElementsAre(HasSubstr(": expected a key with 16 dots at most")))
            << text.substr(0, 30);
    }
    EXPECT_THAT(errors_of("\nx = '''\n'''\n" + deep + " = 1"),
                ElementsAre(HasSubstr("farm.toml:4: expected a key with")));
    EXPECT_THAT(errors_of("# " + deep + "\n" + with(kServer, "\"s1\"", "\"" + deep + "\"")),
                IsEmpty());
    // The deepest that the bound lets through: every level that brackets can have, dotted.
    std::string nested = "x = ";
    for (int level = 0; level < 127; ++level)
        nested += "[{" + deep.substr(0, 33) + " = ";
    EXPECT_THAT(errors_of(nested), ::testing::Not(IsEmpty()));
}

TEST(FarmFile, ReadsEveryTable) {
    const std::string text = R"(
[farm]
id = 7
ethertype = 0x0007
binding = "udp"
extensions = true
[timers]
fall_back_ms = 900
connection_sends_ms = [0, 10]
[limits]
held_packets = 5
[[listen]]
server = "s1"
port = 80
application = "http"
directory = "www/../files"
profile = "blob"
select = "request"
[[url]]
prefix = "/bytes/"
servers = ["s1"]
[session]
cookie = "NAME"
mode = "off"
lifetime_s = 60
)" + with(kServer, "[[server]]", "[[server]]\ngateway = \"10.7.0.1\"");
    const auto file = parse_farm_file(text, "farm.toml", "/etc/shunt");
    ASSERT_TRUE(file) << file.error().front();
    const farm::FarmConfig& config = file->config;
    EXPECT_EQ(config.farm.id, 7U);
    EXPECT_EQ(config.farm.ethertype, 7);
    EXPECT_EQ(config.farm.binding, farm::Binding::Udp);
    EXPECT_TRUE(config.farm.has_extensions);
    EXPECT_EQ(config.timers.fall_back, Duration::milliseconds(900));
    EXPECT_THAT(config.timers.connection_sends,
                ElementsAre(Duration::milliseconds(0), Duration::milliseconds(10)));
    EXPECT_EQ(config.limits.held_packets, 5U);
    ASSERT_EQ(config.listens.size(), 1U);
    EXPECT_EQ(config.listens[0].port, 80);
    EXPECT_EQ(config.listens[0].directory, "/etc/shunt/files");
    EXPECT_EQ(config.listens[0].profile, farm::Profile::Blob);
    EXPECT_EQ(config.listens[0].selection, farm::SelectionMoment::Request);
    ASSERT_EQ(config.urls.size(), 1U);
    EXPECT_EQ(config.urls[0].prefix, "/bytes/");
    EXPECT_EQ(config.session.cookie, "NAME");
    EXPECT_EQ(config.session.mode, farm::SessionMode::Off);
    EXPECT_EQ(config.session.lifetime, Duration::seconds(60));
    EXPECT_EQ(config.servers[0].gateway, wire::Ipv4Address(10, 7, 0, 1));
}

TEST(FarmFile, ReadsTheBackendOfAGateway) {
    const std::string listen =
        "[[listen]]\nserver = \"s1\"\nport = 80\napplication = \"gateway\"\nbackend = ";
    const auto by_path =
        parse_farm_file(kServer + listen + "\"unix:nginx.sock\"\n", "farm.toml", "/etc/shunt");
    ASSERT_TRUE(by_path) << by_path.error().front();
    EXPECT_EQ(by_path->config.listens[0].backend->path, "/etc/shunt/nginx.sock");
    const auto by_port =
        parse_farm_file(kServer + listen + "\"tcp:127.0.0.1:8080\"\n", "farm.toml", "/etc/shunt");
    ASSERT_TRUE(by_port) << by_port.error().front();
    EXPECT_EQ(by_port->config.listens[0].backend->port, 8'080);
    // A path that fits as it is written, but not behind the folder of the file.
    for (const std::string& backend : {std::string("nginx"), "unix:" + std::string(100, 'p')}) {
        EXPECT_THAT(errors_of(kServer + listen + "\"" + backend + "\"\n"),
                    ElementsAre("farm.toml:14: listen[0].backend: expected \"unix:PATH\", a path "
                                "of 107 bytes at most, or \"tcp:ADDRESS:PORT\""));
    }
}

TEST(FarmFile, NamesFileLineKeyAndWhatWasExpected) {
    EXPECT_THAT(errors_of(with(kServer, "10.7.0.101/16", "foo")),
                ElementsAre("farm.toml:4: server[0].front_ip: expected an IPv4 address such as "
                            "\"10.7.0.101/16\", got \"foo\""));
    EXPECT_THAT(errors_of(with(kServer, "10.7.0.101/16", "10.7.0.101/33")),
                ElementsAre("farm.toml:4: server[0].front_ip: expected an IPv4 address such as "
                            "\"10.7.0.101/16\", got \"10.7.0.101/33\""));
    EXPECT_THAT(errors_of(with(kServer, "\"02:07:00:00:00:01\"", "5")),
                ElementsAre("farm.toml:5: server[0].front_mac: expected a MAC address such as "
                            "\"02:07:00:00:00:01\", got 5"));
    EXPECT_THAT(errors_of(with(kServer, "[\"10.7.1.1\"]", "[\"10.7.1.1\", true]")),
                ElementsAre("farm.toml:6: server[0].service: expected an IPv4 address such as "
                            "\"10.7.1.1\", got true"));
    EXPECT_THAT(errors_of(with(kServer, "id = 1", "id = 0")),
                ElementsAre("farm.toml:3: server[0].id: expected a whole number from 1 to "
                            "4294967295, got 0"));
    EXPECT_THAT(errors_of(with(kServer, "id = 1", "id = 1.5")),
                ElementsAre("farm.toml:3: server[0].id: expected a whole number from 1 to "
                            "4294967295, got 1.5"));
    EXPECT_THAT(errors_of("[farm]\nbinding = \"tcp\"\n" + kServer),
                ElementsAre("farm.toml:2: farm.binding: expected one of \"ethernet\", \"udp\", "
                            "got \"tcp\""));
    EXPECT_THAT(errors_of("[farm]\nextensions = 1\n" + kServer),
                ElementsAre("farm.toml:2: farm.extensions: expected true or false, got 1"));
    EXPECT_THAT(errors_of("[timers]\nfall_back_ms = -1\n" + kServer),
                ElementsAre("farm.toml:2: timers.fall_back_ms: expected milliseconds, a whole "
                            "number from 0 to 604800000, got -1"));
    EXPECT_THAT(errors_of("farm = 3\n" + kServer),
                ElementsAre("farm.toml:1: farm: expected a table, got 3"));
    EXPECT_THAT(errors_of("[url]\nprefix = \"/\"\n" + kServer),
                ElementsAre("farm.toml:1: url: expected tables, each under [[url]], got a table"));
}

TEST(FarmFile, TakesTheLimitsOfARangeAndRefusesOneMore) {
    const auto ethertype = [](const std::string& value) {
        return errors_of("[farm]\nethertype = " + value + "\n" + kServer);
    };
    EXPECT_THAT(ethertype("0xFFFF"), IsEmpty());
    EXPECT_THAT(ethertype("1"), IsEmpty());
    EXPECT_THAT(ethertype("0"), ElementsAre(HasSubstr("from 1 to 65535, got 0")));
    EXPECT_THAT(ethertype("0x10000"), ElementsAre(HasSubstr("from 1 to 65535, got 65536")));
}

TEST(FarmFile, SuggestsTheKeyThatWasMeant) {
    EXPECT_THAT(errors_of(with(kServer, "front_ip", "front_pi")),
                ElementsAre("farm.toml:1: server[0]: missing key \"front_ip\": expected an IPv4 "
                            "address such as \"10.7.0.101/16\"",
                            "farm.toml:4: server[0].front_pi: unknown key; did you mean "
                            "\"front_ip\"?"));
    EXPECT_THAT(errors_of(kServer + "[limit]\n"),
                ElementsAre("farm.toml:10: limit: unknown key; did you mean \"limits\"?"));
    EXPECT_THAT(errors_of(kServer + "[session]\ncolour = 1\n"),
                ElementsAre("farm.toml:11: session.colour: unknown key; known here: cookie, mode, "
                            "lifetime_s"));
}

TEST(FarmFile, ReportsAllFaultsAtOnce) {
    const std::string text = with(with(kServer, "10.8.0.1/16", "x"), "id = 1", "id = \"1\"");
    EXPECT_THAT(errors_of(text), ElementsAre(HasSubstr("farm.toml:3: server[0].id"),
                                             HasSubstr("farm.toml:8: server[0].control_ip")));
}

TEST(FarmFile, ReportsBrokenSyntaxWithItsLine) {
    EXPECT_THAT(errors_of("[farm]\nid = \n"), ElementsAre(HasSubstr("farm.toml:2: ")));
}

TEST(FarmFile, PlacesContradictionsBetweenTables) {
    EXPECT_THAT(errors_of(kServer + "[[listen]]\nport = 80\napplication = \"http\"\n"
                                    "server = \"s9\"\n"),
                ElementsAre("farm.toml:13: listen[0].server: expected the name of a server, not "
                            "\"s9\""));
    EXPECT_THAT(errors_of(kServer + "[timers]\nfall_back_ms = 1501\n"),
                ElementsAre("farm.toml:11: timers.fall_back_ms: expected 1500 at most (EP-6)"));
}

class SecretFileTest : public ::testing::Test {
  protected:
    SecretFileTest() {
        std::string pattern = (std::filesystem::temp_directory_path() / "shunt-XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
    }
    ~SecretFileTest() override { std::filesystem::remove_all(folder_); }

    void write(const std::string& name, const std::string& content, mode_t mode) {
        std::ofstream(folder_ / name) << content;
        chmod((folder_ / name).c_str(), mode);
    }

    Result<FarmFile, FarmFileErrors> load(const std::string& more = "") {
        write("farm.toml", "[farm]\nsecret_file = \"farm.secret\"\n" + kServer + more, 0644);
        return load_farm_file((folder_ / "farm.toml").string());
    }

    std::filesystem::path folder_;
};

TEST_F(SecretFileTest, ReadsTheSecretBesideTheFileWithoutItsLineEnd) {
    write("farm.secret", "0123456789abcdef\n", 0600);
    const auto file = load();
    ASSERT_TRUE(file) << file.error().front();
    EXPECT_EQ(std::string(file->config.secret.begin(), file->config.secret.end()),
              "0123456789abcdef");
    EXPECT_THAT(file->warnings, IsEmpty());
}

TEST_F(SecretFileTest, SessionsAreKeptWithOneAlone) {
    EXPECT_THAT(errors_of(kServer + "[session]\nmode = \"redirect\"\n"),
                ElementsAre(HasSubstr("farm.secret_file: expected a secret")));
    write("farm.secret", "0123456789abcdef\n", 0600);
    const auto file = load("[session]\nmode = \"redirect\"\n");
    ASSERT_TRUE(file) << file.error().front();
    EXPECT_EQ(file->config.session.mode, farm::SessionMode::Redirect);
}

TEST_F(SecretFileTest, WarnsIfOthersMayReadIt) {
    write("farm.secret", "0123456789abcdef", 0640);
    const auto file = load();
    ASSERT_TRUE(file) << file.error().front();
    const std::string path = (folder_ / "farm.secret").string();
    EXPECT_THAT(
        file->warnings,
        ElementsAre((folder_ / "farm.toml").string() +
                    ":2: farm.secret_file: others may read the farm's secret: chmod 600 " + path));
}

TEST_F(SecretFileTest, RefusesAShortOrMissingSecret) {
    write("farm.secret", "0123456789abcde\n", 0600);
    auto file = load();
    ASSERT_FALSE(file);
    EXPECT_THAT(file.error(), ElementsAre(HasSubstr("expected at least 16 bytes, got 15")));
    std::filesystem::remove(folder_ / "farm.secret");
    file = load();
    ASSERT_FALSE(file);
    EXPECT_THAT(file.error(), ElementsAre(HasSubstr("cannot read: No such file or directory")));
}

TEST(FarmFile, ReadsHowConnectionsLeave) {
    const auto file = parse_farm_file(kServer +
                                          "[drain]\nmoves_at_once = 8\nretry_ms = 250\n"
                                          "[overload]\nconnections = 500\n"
                                          "cpu_per_mille = 900\nrelief_percent = 20\n"
                                          "after_ms = 5000\n",
                                      "farm.toml", "/etc/shunt");
    ASSERT_TRUE(file) << file.error().front();
    EXPECT_EQ(file->config.drain, (farm::DrainSettings{8, Duration::milliseconds(250)}));
    EXPECT_EQ(file->config.overload,
              (farm::OverloadSettings{500, 900, 20, Duration::milliseconds(5'000)}));
    EXPECT_THAT(errors_of(kServer + "[drain]\nmoves_at_once = 4097\n"),
                ElementsAre("farm.toml:11: drain.moves_at_once: expected 4096 at most"));
    EXPECT_THAT(errors_of(kServer + "[drain]\nmoves_at_once = 0\n"), SizeIs(1));
    EXPECT_THAT(errors_of(kServer + "[overload]\ncpu_per_mille = 1001\n"), SizeIs(1));
    EXPECT_THAT(errors_of(kServer + "[overload]\nrelief_percent = 91\n"),
                ElementsAre("farm.toml:11: overload.relief_percent: expected 90 at most"));
    EXPECT_THAT(errors_of(kServer + "[drain]\nretry = 1\n"), ElementsAre(HasSubstr("retry_ms")));
}

TEST(FarmFile, SaysWhyTheFileItselfCannotBeRead) {
    const auto file = load_farm_file("/nonexistent/farm.toml");
    ASSERT_FALSE(file);
    EXPECT_THAT(file.error(),
                ElementsAre("/nonexistent/farm.toml: cannot read: No such file or directory"));
}

}  // namespace
}  // namespace shunt::runtime
