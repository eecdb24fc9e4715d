// SPDX-License-Identifier: Apache-2.0
/// iut.toml: what is read, and what each mistake is called.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include "iut/iut_file.hh"

namespace conform {
namespace {

constexpr const char* kFile = R"([ics]
profiles = ["endpoint"]
roles = ["home"]
options = ["ext"]
[ixit]
front = "unix:x.sock"
back = "tap:b"
[ixit.addresses]
name = "s1"
front_ip = "10.7.0.101"
front_mac = "02:07:00:00:00:01"
service = ["10.7.1.1"]
forward_ip = ["10.8.1.1"]
control_ip = "10.8.0.1"
back_mac = "02:08:00:00:00:01"
ethertype = 0x0007
clients = ["10.7.0.9"]
client_mac = "02:07:00:00:00:09"
[[ixit.peers]]
name = "s2"
front_ip = "10.7.0.102"
front_mac = "02:07:00:00:00:02"
service = ["10.7.1.2"]
forward_ip = ["10.8.1.2", "10.8.1.3"]
control_ip = "10.8.0.2"
back_mac = "02:08:00:00:00:02"
[ixit.timers]
silence_ms = 250
)";

TEST(IutFile, ReadsEveryPart) {
    const Iut iut = parse_iut(kFile, "x.toml");
    EXPECT_TRUE(iut.statement.has_role("home"));
    EXPECT_FALSE(iut.statement.has_role("target"));
    EXPECT_TRUE(iut.framing.has_extensions);
    EXPECT_EQ(iut.framing.ethertype, 0x0007);
    EXPECT_EQ(iut.front, (AttachmentAddress{AttachmentKind::Unix, "x.sock"}));
    EXPECT_EQ(iut.back, (AttachmentAddress{AttachmentKind::Tap, "b"}));
    EXPECT_EQ(iut.device.front_ip.to_string(), "10.7.0.101");
    EXPECT_EQ(iut.peers.at(0).forward_ip.size(), 2U);
    EXPECT_EQ(iut.timers.silence, std::chrono::milliseconds(250));
    EXPECT_EQ(iut.timers.answer, std::chrono::milliseconds(1000));
    EXPECT_EQ(iut.requests.moved, "/s2/bytes/64");
}

TEST(IutFile, ReadsTheFilesOfTheReferenceNode) {
    const std::string folder = CONFORM_IUT_DIRECTORY;
    EXPECT_EQ(load_iut_file(folder + "/shunt-node.toml").front.kind, AttachmentKind::Unix);
    EXPECT_EQ(load_iut_file(folder + "/shunt-node-tap.toml").front.kind, AttachmentKind::Tap);
}

/// A host with one link, about which TCP and IP are judged.
constexpr const char* kHost = R"([ics]
profiles = ["tcp"]
roles = []
options = []
[ixit]
front = "qemu:q.sock"
[ixit.addresses]
front_mac = "02:07:00:00:00:01"
service = ["10.7.1.1"]
clients = ["10.7.0.9"]
client_mac = "02:07:00:00:00:09"
[ixit.timers]
start_ms = 60000
)";

TEST(IutFile, ReadsADeviceWithOneLink) {
    const Iut iut = parse_iut(kHost, "x.toml");
    EXPECT_EQ(iut.front, (AttachmentAddress{AttachmentKind::Qemu, "q.sock"}));
    EXPECT_FALSE(iut.back);
    EXPECT_TRUE(iut.peers.empty());
    EXPECT_EQ(iut.device.front_ip, iut.device.service.front());
    EXPECT_EQ(iut.timers.start, std::chrono::seconds(60));
}

TEST(IutFile, TakesNothingOfAFarmFromADeviceWithOneLink) {
    for (const char* key : {"control_ip = \"10.8.0.1\"", "forward_ip = [\"10.8.1.1\"]",
                            "back_mac = \"02:08:00:00:00:01\""}) {
        std::string text = kHost;
        text.insert(text.find("front_mac"), std::string(key) + "\n");
        try {
            parse_iut(text, "x.toml");
            ADD_FAILURE() << key;
        } catch (const IutFileError& error) {
            EXPECT_NE(std::string(error.what()).find("unknown key"), std::string::npos);
        }
    }
    const std::string peers = std::string(kHost) + "[[ixit.peers]]\nname = \"s2\"\n";
    EXPECT_THROW(parse_iut(peers, "x.toml"), IutFileError);
}

TEST(IutFile, TellsTheLinksOfOneInterfaceApartByTheDevicesAddresses) {
    std::string text = kFile;
    text.replace(text.find("unix:x.sock"), 11, "tap:b");
    EXPECT_EQ(parse_iut(text, "x.toml").back, parse_iut(text, "x.toml").front);
    text.replace(text.find("02:08:00:00:00:01"), 17, "02:07:00:00:00:01");
    try {
        parse_iut(text, "x.toml");
        ADD_FAILURE();
    } catch (const IutFileError& error) {
        EXPECT_STREQ(error.what(),
                     "x.toml:7: ixit.back: expected another interface than front, or a device "
                     "whose back_mac is another than its front_mac, got 'tap:b'");
    }
}

struct Mistake {
    const char* from;
    const char* to;
    const char* message;
};

TEST(IutFile, NamesFileLineKeyAndWhatWasExpected) {
    const Mistake mistakes[] = {
        {R"(front_mac = "02:07:00:00:00:01")", R"(front_mac = "02:07")",
         "x.toml:11: ixit.addresses.front_mac: expected a MAC address such as "
         "02:07:00:00:00:01, got '02:07'"},
        {R"(service = ["10.7.1.1"])", R"(service = ["10.7.1.256"])",
         "x.toml:12: ixit.addresses.service: expected IPv4 addresses such as 10.7.0.9, got "
         "[ '10.7.1.256' ]"},
        {R"(silence_ms = 250)", R"(silence_ms = -1)",
         "x.toml:28: ixit.timers.silence_ms: expected a number from 100 to 3600000, got -1"},
        {R"(silence_ms = 250)", R"(silence_sm = 250)",
         "x.toml:28: ixit.timers.silence_sm: unknown key, expected one of answer_ms, silence_ms, "
         "tolerance_ms, fall_back_ms, start_ms; did you mean silence_ms?"},
        {R"(silence_ms = 250)", R"(patience = 250)",
         "x.toml:28: ixit.timers.patience: unknown key, expected one of answer_ms, silence_ms, "
         "tolerance_ms, fall_back_ms, start_ms"},
        {R"(roles = ["home"])", R"(roles = ["hone"])",
         "x.toml:3: ics.roles: expected some of home, target, forwarder, host, btcp-home, "
         "btcp-target, got [ 'hone' ]; did you mean home?"},
        {R"(roles = ["home"])", "", "x.toml:1: ics.roles: expected a list of texts, got nothing"},
        {R"(back = "tap:b")", R"(back = "wire:b")",
         "x.toml:7: ixit.back: expected unix:PATH, packet:INTERFACE, tap:NAME or qemu:PATH, "
         "got 'wire:b'"},
        {R"(forward_ip = ["10.8.1.1"])", R"(forward_ip = 7)",
         "x.toml:13: ixit.addresses.forward_ip: expected a list of texts, got 7"},
        {R"(name = "s1")", R"(name = "s1)",
         "x.toml:9: Error while parsing string: unescaped control characters other than TAB "
         "(U+0009) are explicitly prohibited"},
    };
    for (const Mistake& mistake : mistakes) {
        std::string text = kFile;
        const std::size_t at = text.find(mistake.from);
        ASSERT_NE(at, std::string::npos) << mistake.from;
        text.replace(at, std::string(mistake.from).size(), mistake.to);
        try {
            (void)parse_iut(text, "x.toml");
            ADD_FAILURE() << "accepted: " << mistake.to;
        } catch (const IutFileError& error) {
            EXPECT_STREQ(error.what(), mistake.message);
        }
    }
}

std::string with(const char* from, const std::string& to) {
    std::string text = kFile;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, std::string(from).size(), to);
}

std::string complaint(const std::string& text) {
    try {
        (void)parse_iut(text, "x.toml");
    } catch (const IutFileError& error) {
        return error.what();
    }
    return "accepted";
}

TEST(IutFile, RefusesWhatNoGoodDeviceCouldPassWith) {
    const char* const kDeviceMac = R"(front_mac = "02:07:00:00:00:01")";
    const char* const kPeerMac = R"(front_mac = "02:07:00:00:00:02")";
    const char* const kClients = R"(clients = ["10.7.0.9"])";
    const char* const kTimer = "silence_ms = 250";
    const std::pair<std::string, const char*> mistakes[] = {
        {with(kDeviceMac, R"(front_mac = "ff:ff:ff:ff:ff:ff")"), "the MAC address of one station"},
        {with(kDeviceMac, R"(front_mac = "01:00:5e:00:00:01")"), "the MAC address of one station"},
        {with(kDeviceMac, R"(front_mac = "00:00:00:00:00:00")"), "the MAC address of one station"},
        {with(kPeerMac, kDeviceMac), "a MAC address other than that of ixit.addresses.front_mac"},
        {with(kPeerMac, R"(front_mac = "02:07:00:00:00:09")"),
         "a MAC address other than that of ixit.addresses.client_mac"},
        {with(R"(back_mac = "02:08:00:00:00:02")", R"(back_mac = "02:08:00:00:00:01")"),
         "a MAC address other than that of ixit.addresses.back_mac"},
        {with(R"(name = "s2")", R"(name = "s1")"), "a name other than that of ixit.addresses.name"},
        {with(kClients, R"(clients = ["0.0.0.0"])"), "IPv4 addresses that a host can have"},
        {with(kClients, R"(clients = ["255.255.255.255"])"), "IPv4 addresses that a host can have"},
        {with(kClients, R"(clients = ["127.0.0.1"])"), "IPv4 addresses that a host can have"},
        {with(kClients, R"(clients = ["224.0.0.1"])"), "IPv4 addresses that a host can have"},
        {with(kClients, R"(clients = ["10.7.1.1"])"),
         "an address other than that of ixit.addresses.service"},
        {with(kClients, R"(clients = ["10.7.0.9", "10.7.0.9"])"),
         "an address other than that of ixit.addresses.clients"},
        {with(R"(control_ip = "10.8.0.2")", R"(control_ip = "10.8.0.1")"),
         "an address other than that of ixit.addresses.control_ip"},
        {with("ethertype = 0x0007", "ethertype = 0x0800"), "none of IPv4, ARP"},
        {with("ethertype = 0x0007", "ethertype = 0x0806"), "none of IPv4, ARP"},
        {with(kTimer, "silence_ms = 99"), "a number from 100 to 3600000"},
        {with(kTimer, "answer_ms = 0"), "a number from 1 to 3600000"},
        {with(kTimer, "tolerance_ms = 100"), "a number from 0 to 99"},
    };
    for (const auto& [text, expected] : mistakes) {
        EXPECT_NE(complaint(text).find(std::string("expected ") + expected), std::string::npos)
            << expected << "\n"
            << complaint(text);
    }
}

TEST(IutFile, BelievesSilenceInABaseFarmBeforeUnreleasedEndpointsEnd) {
    const std::string slow = with("silence_ms = 250", "silence_ms = 2000");
    EXPECT_EQ(complaint(slow), "accepted");
    const auto without_ext = [](std::string text) {
        const std::string option = R"(["ext"])";
        return text.replace(text.find(option), option.size(), "[]");
    };
    EXPECT_NE(complaint(without_ext(slow)).find("less than 2000 in a base farm"),
              std::string::npos);
    EXPECT_EQ(complaint(without_ext(with("silence_ms = 250", "silence_ms = 1999"))), "accepted");
}

TEST(IutFile, ThePortsOfTheBlobProfileAreOfTheirOwn) {
    const auto with_ports = [](const std::string& ports) {
        std::string text = with(R"(["endpoint"])", R"(["endpoint", "blob"])");
        return text.replace(text.find("ethertype"), 0, ports);
    };
    EXPECT_NE(complaint(with_ports("")).find("blob_port"), std::string::npos);
    EXPECT_NE(complaint(with_ports("blob_port = 80\n")).find("another port than service_port"),
              std::string::npos);
    EXPECT_NE(complaint(with_ports("blob_port = 8080\neager_port = 8080\n"))
                  .find("another port than service_port and blob_port"),
              std::string::npos);
    const Iut iut = parse_iut(with_ports("blob_port = 8080\neager_port = 8081\n"), "x.toml");
    EXPECT_EQ(iut.blob_port, 8080);
    EXPECT_EQ(iut.eager_port, 8081);
}

TEST(IutFile, TheBindingIsAnOption) {
    EXPECT_FALSE(parse_iut(kFile, "x.toml").framing.is_routed);
    EXPECT_EQ(parse_iut(kFile, "x.toml").framing.overhead(), 16U);
    const std::string file = with(R"(["ext"])", R"(["ext", "routed-binding"])");
    EXPECT_TRUE(parse_iut(file, "x.toml").framing.is_routed);
    EXPECT_EQ(parse_iut(file, "x.toml").framing.overhead(), 44U);
}

TEST(IutFile, TakesTargetsThatStandInARequestLine) {
    const auto moved = [](const std::string& target) {
        return complaint(std::string(kFile) + "[ixit.requests]\nmoved = \"" + target + "\"\n");
    };
    EXPECT_EQ(moved("/"), "accepted");
    EXPECT_EQ(moved("/" + std::string(399, 'x')), "accepted");
    for (const std::string& target :
         {std::string(), std::string("s2/"), std::string("/a b"), std::string("/a\\r\\nX: y"),
          std::string("/\xC3\xA9"), "/" + std::string(400, 'x')}) {
        EXPECT_NE(moved(target).find("ixit.requests.moved: expected"), std::string::npos) << target;
    }
    EXPECT_NE(moved("/bytes/64").find("another target than local"), std::string::npos);
}

TEST(IutFile, TakesTargetsWithPlacesForStreamAndSize) {
    const auto says = [](const char* key, const char* target) {
        return complaint(std::string(kFile) + "[ixit.requests]\n" + key + " = \"" + target +
                         "\"\n");
    };
    EXPECT_EQ(says("named", "/bytes/200000?stream={stream}"), "accepted");
    EXPECT_EQ(says("named", "/x?a=1&stream={stream}&b"), "accepted");
    EXPECT_EQ(says("upload", "/bytes/{size}?verify&stream={stream}"), "accepted");
    EXPECT_EQ(says("upload", "/x?stream={stream}&size={size}"), "accepted");
    const std::tuple<const char*, const char*, const char*> mistakes[] = {
        {"named", "/bytes/200000", "the parameter stream={stream} once"},
        {"named", "/bytes/{stream}", "the parameter stream={stream} once"},
        {"named", "/{stream}?stream={stream}", "the parameter stream={stream} once"},
        {"named", "/?stream={stream}&stream={stream}", "the parameter stream={stream} once"},
        {"named", "/stream={stream}", "the parameter stream={stream} once"},
        {"named", "/{size}?stream={stream}", "no braces but those of {stream}"},
        {"named", "/{?stream={stream}", "no braces but those of {stream}"},
        {"named", "x?stream={stream}", "/.., of ASCII"},
        {"upload", "/bytes/64?stream={stream}", "{size} in it once"},
        {"upload", "/{size}/{size}?stream={stream}", "{size} in it once"},
        {"upload", "/bytes/{size}?verify", "the parameter stream={stream} once"},
        {"upload", "/{size}}?stream={stream}", "no braces but those of {stream} and {size}"}};
    for (const auto& [key, target, wanted] : mistakes) {
        EXPECT_NE(says(key, target).find(std::string("expected ") + wanted), std::string::npos)
            << key << " " << target << "\n"
            << says(key, target);
    }
}

std::string load_complaint(const std::string& path) {
    try {
        (void)load_iut_file(path);
    } catch (const IutFileError& error) {
        return error.what();
    }
    return "accepted";
}

/// A file that claims `options`, with `tables` behind it, in the test's own folder.
std::string complaint_with(const std::string& options, const std::string& tables) {
    const std::string path = ::testing::TempDir() + "services-iut.toml";
    std::ofstream(path) << with(R"(["ext"])", options) << tables;
    const std::string said = load_complaint(path);
    std::filesystem::remove(path);
    return said;
}

TEST(IutFile, SessionsNeedTheFarmsSecretAndObjectsAClass) {
    const std::string sessions = R"(["ext", "sessions"])";
    const std::string objects = R"(["ext", "control-channel", "objects"])";
    const std::string secret = ::testing::TempDir() + "services-secret";
    const std::string table = "[ixit.session]\nsecret_file = \"services-secret\"\n";
    std::ofstream(secret) << "sixteen bytes, 1\n";
    EXPECT_EQ(complaint_with(sessions, table), "accepted");
    EXPECT_NE(complaint_with(sessions, "").find("ixit.session: expected a table"),
              std::string::npos);
    EXPECT_NE(complaint_with(sessions, table + "cookie = \"a;b\"\n").find("name of a cookie"),
              std::string::npos);
    std::ofstream(secret) << "fifteen bytes, \n";
    EXPECT_NE(complaint_with(sessions, table).find("a file of 16 bytes or more"),
              std::string::npos);
    std::filesystem::remove(secret);
    EXPECT_NE(complaint_with(sessions, table).find("services-secret: "), std::string::npos);

    const std::string whole = "[ixit.objects]\nclass = \"a\"\ncall = \"1\"\nresult = \"2\"\n";
    EXPECT_EQ(complaint_with(objects, whole), "accepted");
    EXPECT_NE(complaint_with(objects, "").find("ixit.objects: expected a table"),
              std::string::npos);
    EXPECT_NE(complaint_with(objects, "[ixit.objects]\nclass = \"\"\n").find("1 to 255 bytes"),
              std::string::npos);
}

TEST(IutFile, AnOptionThatMeansNothingAloneIsRefused) {
    const auto says = [](const std::string& options, const char* wanted) {
        return complaint(with(R"(["ext"])", options)).find(wanted) != std::string::npos;
    };
    EXPECT_TRUE(says(R"(["session-redirect"])", "session-redirect together with sessions"));
    EXPECT_TRUE(says(R"(["ext", "tls-sessions"])", "tls-sessions together with control-channel"));
    EXPECT_TRUE(says(R"(["ext", "objects"])", "objects together with control-channel"));
}

TEST(IutFile, ShowsNoControlCharacterOfAKeyOrAText) {
    const std::string key = complaint(std::string(kFile) + "\"\\u001b[2Jevil\\nline\" = 1\n");
    EXPECT_NE(key.find(R"(ixit.timers.)"), std::string::npos) << key;
    EXPECT_EQ(std::count_if(key.begin(), key.end(), [](char c) { return c < ' '; }), 0) << key;
    EXPECT_NE(complaint(with(R"("tap:b")", R"("unix:out/a\u0000b")")).find("control characters"),
              std::string::npos);
}

TEST(IutFile, RefusesAKeyThatWouldTakeTheParsersStack) {
    const auto dotted = [](std::size_t dots) {
        std::string key = "a";
        for (std::size_t i = 0; i < dots; ++i)
            key += ".a";
        return key;
    };
    const std::string deep = dotted(50'000);
    for (const std::string& text :
         {deep + " = 1\n", "[" + deep + "]\n", "x = {" + deep + " = 1}\n", "\"a\"." + deep + "=1",
          "x = \"\"\"a\"\"\"\"\n" + deep + " = 1\n", "x = 'y\\'\n" + deep + " = 1\n",
          "x = \"# \\\"\" # \"\n" + deep + " = 1\n"}) {
        EXPECT_NE(complaint(text).find(": expected a key with 16 dots at most"), std::string::npos)
            << text.substr(0, 30);
    }
    EXPECT_NE(complaint("\n" + dotted(17) + " = 1").find("x.toml:2: expected a key with 16"),
              std::string::npos);
    EXPECT_NE(complaint(dotted(16) + " = 1").find("x.toml:1: ics: expected a table"),
              std::string::npos);
    // Dots of texts and comments are none of a key.
    EXPECT_EQ(complaint("# " + deep + "\n" + with(R"("tap:b")", "\"tap:" + deep + "\"")),
              "accepted");
    // The deepest that the bound lets through: every level that brackets can have, dotted.
    std::string nested = "x = ";
    for (int level = 0; level < 127; ++level)
        nested += "[{" + dotted(16) + " = ";
    EXPECT_NE(complaint(nested), "accepted");
}

TEST(IutFile, NeverThrowsAnythingElseHoweverItIsCut) {
    const std::string whole = kFile;
    for (std::size_t length = 0; length < whole.size(); ++length) {
        try {
            (void)parse_iut(whole.substr(0, length), "x.toml");
        } catch (const IutFileError&) {
        }
    }
}

TEST(IutFile, NamesAFileThatIsNotThere) {
    EXPECT_THROW((void)load_iut_file("no-such-file.toml"), IutFileError);
}

TEST(IutFile, ReadsRegularFilesOfBoundedSizeOnly) {
    EXPECT_EQ(load_complaint("/dev/zero"), "/dev/zero: is no regular file");
    EXPECT_EQ(load_complaint("/"), "/: is a directory");
    const std::string path = ::testing::TempDir() + "long-iut.toml";
    std::ofstream(path) << kFile << "# " << std::string(1 << 20, 'x') << "\n";
    EXPECT_EQ(load_complaint(path), path + ": longer than 1048576 bytes");
    std::ofstream(path) << kFile << "# " << std::string(1 << 19, 'x') << "\n";
    EXPECT_EQ(load_complaint(path), "accepted");
    std::filesystem::remove(path);
}

}  // namespace
}  // namespace conform
