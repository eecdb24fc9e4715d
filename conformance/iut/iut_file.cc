// SPDX-License-Identifier: Apache-2.0
#include "iut/iut_file.hh"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "iut/iut_reader.hh"
#include "iut/iut_services.hh"
#include "iut/iut_text.hh"

namespace conform {
namespace {

const std::vector<std::string_view> kProfiles = {"endpoint", "blob", "handoff", "tcp"};
const std::vector<std::string_view> kRoles = {"home", "target",    "forwarder",
                                              "host", "btcp-home", "btcp-target"};
const std::vector<std::string_view> kOptions = {"ext",      "control-channel",  "routed-binding",
                                                "sessions", "session-redirect", "tls-sessions",
                                                "objects"};

/// By how much clocks may be apart at most: cases allow it twice, and the longest of EP-6's pauses
/// is 200 ms.
constexpr std::int64_t kToleranceMax = 99;
/// Shorter silence shows nothing: what is repeated at all comes again after 50, 100 or 200 ms
/// (EP-6).
constexpr std::int64_t kSilenceMin = 100;
/// The life of an unreleased endpoint in a base farm (EP-15).
constexpr std::chrono::milliseconds kBaseSilenceEnd{2'000};
/// A target that stands whole in the first segment of every connection (RFC 9293 3.7.1: 536).
constexpr std::size_t kTargetSizeMax = 400;
/// Room for one that is used and one that is not; and what a case fills in a moment.
constexpr std::int64_t kTableBoundMin = 2;
constexpr std::int64_t kTableBoundMax = 10'000;
constexpr std::int64_t kConversationsMax = 256;

/// Who and what takes part, each by its own name and addresses: where two share one, the judge
/// would blame the device for what the file says.
class Participants {
  public:
    void add_name(const IutReader& reader, const std::string& name) {
        add(names_, reader, "name", "a name", name);
    }
    void add_id(const IutReader& reader, std::uint32_t id) {
        add(ids_, reader, "id", "an id", fmt::format("{}", id));
    }
    void add_address(const IutReader& reader, const char* key, Ipv4Address address) {
        add(addresses_, reader, key, "an address", address.to_string());
    }
    void add_front_mac(const IutReader& reader, const char* key, MacAddress mac) {
        add(front_macs_, reader, key, "a MAC address", mac.to_string());
    }
    void add_back_mac(const IutReader& reader, const char* key, MacAddress mac) {
        add(back_macs_, reader, key, "a MAC address", mac.to_string());
    }

  private:
    using Places = std::map<std::string, std::string>;

    static void add(Places& places, const IutReader& reader, const char* key, const char* what,
                    const std::string& value) {
        const auto [first, is_new] = places.emplace(value, reader.full_key(key));
        if (!is_new) reader.fail(key, fmt::format("{} other than that of {}", what, first->second));
    }

    Places names_;
    Places ids_;
    Places addresses_;
    Places front_macs_;
    Places back_macs_;
};

AttachmentAddress read_attachment(IutReader& ixit, const char* key) {
    const auto address = parse_attachment_address(ixit.text(key));
    if (!address) ixit.fail(key, "unix:PATH, packet:INTERFACE, tap:NAME or qemu:PATH");
    return *address;
}

/// What only a member of a farm has.
void read_membership(IutReader& reader, Participants& participants, std::uint32_t id,
                     ServerAddresses& server) {
    server.id = static_cast<std::uint32_t>(reader.number("id", 1, UINT32_MAX, id));
    server.forward_ip = reader.addresses("forward_ip");
    server.control_ip = reader.address("control_ip");
    server.back_mac = reader.mac("back_mac");
    if (server.forward_ip.size() < server.service.size()) {
        reader.fail("forward_ip", "one address for each of `service` (SYS-2)");
    }
    participants.add_id(reader, server.id);
    participants.add_address(reader, "control_ip", server.control_ip);
    for (const Ipv4Address address : server.forward_ip)
        participants.add_address(reader, "forward_ip", address);
    participants.add_back_mac(reader, "back_mac", server.back_mac);
}

void read_services_of(IutReader& reader, Participants& participants, ServerAddresses& server) {
    server.front_mac = reader.mac("front_mac");
    server.service = reader.addresses("service");
    for (const Ipv4Address address : server.service)
        participants.add_address(reader, "service", address);
    participants.add_front_mac(reader, "front_mac", server.front_mac);
}

/// `id` is the server's if the file does not say otherwise.
ServerAddresses read_server(IutReader& reader, Participants& participants, std::uint32_t id) {
    ServerAddresses server;
    server.name = reader.text("name");
    server.front_ip = reader.address("front_ip");
    participants.add_name(reader, server.name);
    participants.add_address(reader, "front_ip", server.front_ip);
    read_services_of(reader, participants, server);
    read_membership(reader, participants, id, server);
    return server;
}

/// A device with one link is any host: it serves at its own address.
ServerAddresses read_host(IutReader& reader, Participants& participants) {
    ServerAddresses host;
    host.name = reader.text("name", "device");
    read_services_of(reader, participants, host);
    const bool has_own = reader.has("front_ip");
    host.front_ip = has_own ? reader.address("front_ip") : host.service.front();
    if (host.front_ip != host.service.front()) {
        participants.add_address(reader, "front_ip", host.front_ip);
    }
    return host;
}

/// FRM-2; a Type that means something else on every link would be taken for that.
std::uint16_t read_ethertype(IutReader& reader, std::uint16_t otherwise) {
    constexpr std::uint16_t kTaken[] = {0x0800, 0x0806, 0x8100, 0x86DD};
    const auto type =
        static_cast<std::uint16_t>(reader.number("ethertype", 1, UINT16_MAX, otherwise));
    if (std::find(std::begin(kTaken), std::end(kTaken), type) != std::end(kTaken)) {
        reader.fail("ethertype", "none of IPv4, ARP, VLAN tags and IPv6");
    }
    return type;
}

/// Who claims the profile says where it is; and one port moves its connections in one way.
void require_blob_ports(const IutReader& reader, const Iut& iut) {
    if (iut.statement.has_profile("blob") && iut.blob_port == 0) {
        reader.fail("blob_port", "a port whose connections move as blobs (profile blob)");
    }
    if (iut.blob_port != 0 && iut.blob_port == iut.service_port) {
        reader.fail("blob_port", "another port than service_port");
    }
    const bool is_shared = iut.eager_port == iut.service_port || iut.eager_port == iut.blob_port;
    if (iut.eager_port != 0 && is_shared) {
        reader.fail("eager_port", "another port than service_port and blob_port");
    }
}

void read_addresses(IutReader reader, Iut& iut, Participants& participants) {
    constexpr std::int64_t kMtuMin = 576;
    constexpr std::int64_t kMtuMax = 9'000;
    iut.device = iut.back ? read_server(reader, participants, 1) : read_host(reader, participants);
    iut.service_port =
        static_cast<std::uint16_t>(reader.number("service_port", 1, UINT16_MAX, iut.service_port));
    iut.udp_port =
        static_cast<std::uint16_t>(reader.number("udp_port", 0, UINT16_MAX, iut.udp_port));
    iut.blob_port =
        static_cast<std::uint16_t>(reader.number("blob_port", 0, UINT16_MAX, iut.blob_port));
    iut.eager_port =
        static_cast<std::uint16_t>(reader.number("eager_port", 0, UINT16_MAX, iut.eager_port));
    require_blob_ports(reader, iut);
    iut.framing.ethertype = read_ethertype(reader, iut.framing.ethertype);
    iut.front_mtu =
        static_cast<std::uint16_t>(reader.number("front_mtu", kMtuMin, kMtuMax, iut.front_mtu));
    iut.back_mtu =
        static_cast<std::uint16_t>(reader.number("back_mtu", kMtuMin, kMtuMax, iut.back_mtu));
    iut.clients = reader.addresses("clients");
    for (const Ipv4Address client : iut.clients)
        participants.add_address(reader, "clients", client);
    iut.client_mac = reader.mac("client_mac");
    participants.add_front_mac(reader, "client_mac", iut.client_mac);
    reader.refuse_others();
}

void read_timers(IutReader reader, bool has_extensions, TestTimers& timers) {
    timers.answer = reader.milliseconds("answer_ms", 1, timers.answer);
    timers.silence = reader.milliseconds("silence_ms", kSilenceMin, timers.silence);
    if (!has_extensions && timers.silence >= kBaseSilenceEnd) {
        reader.fail("silence_ms", fmt::format("less than {} in a base farm (EP-15)",
                                              milliseconds_of(kBaseSilenceEnd)));
    }
    timers.tolerance = std::chrono::milliseconds(
        reader.number("tolerance_ms", 0, kToleranceMax, milliseconds_of(timers.tolerance)));
    timers.fall_back = reader.milliseconds("fall_back_ms", 1, timers.fall_back);
    timers.start = reader.milliseconds("start_ms", 1, timers.start);
    reader.refuse_others();
}

/// Goes into a request line as it is (RFC 9112 3.2.1).
std::string read_target(IutReader& reader, const char* key, const std::string& otherwise) {
    const std::string target = reader.text(key, otherwise);
    if (target.empty() && otherwise.empty()) return target;
    const bool is_graphic =
        std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c <= '~'; });
    if (!is_graphic || !target.starts_with('/') || target.size() > kTargetSizeMax) {
        reader.fail(key, fmt::format("/.., of ASCII without spaces, {} characters at most",
                                     kTargetSizeMax));
    }
    return target;
}

std::size_t count(std::string_view text, std::string_view part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos;
         at = text.find(part, at + part.size()))
        ++found;
    return found;
}

/// A target with places in it: `{stream}` once, as the parameter by which the oracle knows whose
/// bytes are which, and once `other`, where that is not empty. Without any in braces besides.
std::string read_template(IutReader& reader, const char* key, std::string_view other) {
    std::string target = read_target(reader, key, {});
    if (target.empty()) return target;
    const std::size_t query = std::min(target.find('?'), target.size());
    const std::string_view parameters = std::string_view(target).substr(query);
    if (count(parameters, "?stream={stream}") + count(parameters, "&stream={stream}") != 1 ||
        count(target, "{stream}") != 1) {
        reader.fail(key, "the parameter stream={stream} once behind the question mark");
    }
    const std::size_t behind = target.find("{stream}") + std::string_view("{stream}").size();
    if (behind < target.size() && target[behind] != '&') {
        reader.fail(key, "nothing but another parameter behind stream={stream}");
    }
    if (!other.empty() && count(target, other) != 1) {
        reader.fail(key, fmt::format("{} in it once", other));
    }
    const std::size_t places = other.empty() ? 1 : 2;
    if (count(target, "{") != places || count(target, "}") != places) {
        reader.fail(key, other.empty() ? "no braces but those of {stream}"
                                       : "no braces but those of {stream} and {size}");
    }
    return target;
}

void read_requests(IutReader reader, TestRequests& requests) {
    requests.local = read_target(reader, "local", requests.local);
    requests.moved = read_target(reader, "moved", requests.moved);
    requests.large = read_target(reader, "large", requests.large);
    requests.deeper = read_target(reader, "deeper", requests.deeper);
    requests.several = read_target(reader, "several", requests.several);
    requests.named = read_template(reader, "named", {});
    requests.upload = read_template(reader, "upload", "{size}");
    if (requests.moved == requests.local) reader.fail("moved", "another target than local");
    reader.refuse_others();
}

void read_limits(IutReader reader, Iut& iut) {
    iut.forward_connect_bound = static_cast<std::size_t>(
        reader.number("forward_connect", kTableBoundMin, kTableBoundMax, 0));
    iut.conversations_bound =
        static_cast<std::size_t>(reader.number("conversations", 1, kConversationsMax, 0));
    reader.refuse_others();
}

void read_ics(IutReader ics, Iut& iut) {
    iut.statement.name = ics.text("name", "device");
    iut.statement.profiles = ics.choices("profiles", kProfiles);
    iut.statement.roles = ics.choices("roles", kRoles);
    iut.statement.options = ics.choices("options", kOptions);
    iut.framing.has_extensions = iut.statement.has_option("ext");
    iut.framing.is_routed = iut.statement.has_option("routed-binding");
    if (iut.statement.has_option("control-channel") && !iut.framing.has_extensions) {
        ics.fail("options", "control-channel together with ext: a base farm has none (EP-33)");
    }
    require_companions(ics, iut.statement);
    ics.refuse_others();
}

bool is_upper_tester(std::string_view text) {
    if (text.empty() || text == "attachment") return true;
    constexpr std::string_view kWays[] = {"unix:", "command:"};
    return std::any_of(std::begin(kWays), std::end(kWays), [text](std::string_view way) {
        return text.starts_with(way) && text.size() > way.size();
    });
}

/// Where both links are one interface, a frame's source says which it is of.
void require_told_apart(IutReader& ixit, const Iut& iut) {
    const bool is_one = *iut.back == iut.front && iut.front.kind != AttachmentKind::Unix;
    if (!is_one || iut.device.front_mac != iut.device.back_mac) return;
    ixit.fail("back",
              "another interface than front, or a device whose back_mac is another than "
              "its front_mac");
}

void read_peers(IutReader& ixit, Iut& iut, Participants& participants) {
    std::vector<IutReader> readers = ixit.tables("peers");
    iut.peers.reserve(readers.size());
    for (IutReader& peer : readers) {
        const auto id = static_cast<std::uint32_t>(iut.peers.size() + 2);
        iut.peers.push_back(read_server(peer, participants, id));
        peer.refuse_others();
    }
}

void read_ixit(IutReader ixit, const std::string& file, Iut& iut) {
    iut.front = read_attachment(ixit, "front");
    if (ixit.has("back")) iut.back = read_attachment(ixit, "back");
    iut.upper_tester = ixit.text("upper_tester", "");
    if (!is_upper_tester(iut.upper_tester)) {
        ixit.fail("upper_tester", "\"attachment\", unix:PATH or command:PATH");
    }
    Participants participants;
    read_addresses(*ixit.table("addresses", true), iut, participants);
    if (iut.back) {
        require_told_apart(ixit, iut);
        read_peers(ixit, iut, participants);
    }
    if (auto timers = ixit.table("timers", false)) {
        read_timers(*timers, iut.framing.has_extensions, iut.timers);
    }
    if (auto requests = ixit.table("requests", false)) read_requests(*requests, iut.requests);
    // Who names one claims it.
    if (!iut.requests.upload.empty()) iut.statement.options.emplace_back("uploads");
    if (auto limits = ixit.table("limits", false)) read_limits(*limits, iut);
    read_services(ixit, file, iut);
    ixit.refuse_others();
}

}  // namespace

Iut parse_iut(std::string_view text, const std::string& name) {
    const toml::table table = parse_toml(text, name);
    Iut iut;
    IutReader file(table, name, "");
    read_ics(*file.table("ics", true), iut);
    read_ixit(*file.table("ixit", true), name, iut);
    file.refuse_others();
    return iut;
}

Iut load_iut_file(const std::string& path) {
    return parse_iut(read_iut_text(path), path);
}

}  // namespace conform
