// SPDX-License-Identifier: Apache-2.0
#include "iut/iut_file.hh"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "iut/iut_reader.hh"

namespace conform {
namespace {

const std::vector<std::string_view> kProfiles = {"endpoint", "blob", "handoff"};
const std::vector<std::string_view> kRoles = {"home", "target",    "forwarder",
                                              "host", "btcp-home", "btcp-target"};
const std::vector<std::string_view> kOptions = {"ext"};

AttachmentAddress read_attachment(IutReader& ixit, const char* key) {
    const auto address = parse_attachment_address(ixit.text(key));
    if (!address) ixit.fail(key, "unix:PATH, packet:INTERFACE or tap:NAME");
    return *address;
}

ServerAddresses read_server(IutReader& reader) {
    ServerAddresses server;
    server.name = reader.text("name");
    server.front_ip = reader.address("front_ip");
    server.front_mac = reader.mac("front_mac");
    server.service = reader.addresses("service");
    server.forward_ip = reader.addresses("forward_ip");
    server.control_ip = reader.address("control_ip");
    server.back_mac = reader.mac("back_mac");
    if (server.forward_ip.size() < server.service.size()) {
        reader.fail("forward_ip", "one address for each of `service` (SYS-2)");
    }
    return server;
}

void read_addresses(IutReader reader, Iut& iut) {
    constexpr std::int64_t kMtuMin = 576;
    constexpr std::int64_t kMtuMax = 9'000;
    iut.device = read_server(reader);
    iut.service_port =
        static_cast<std::uint16_t>(reader.number("service_port", 1, UINT16_MAX, iut.service_port));
    iut.framing.ethertype = static_cast<std::uint16_t>(
        reader.number("ethertype", 1, UINT16_MAX, iut.framing.ethertype));
    iut.front_mtu =
        static_cast<std::uint16_t>(reader.number("front_mtu", kMtuMin, kMtuMax, iut.front_mtu));
    iut.back_mtu =
        static_cast<std::uint16_t>(reader.number("back_mtu", kMtuMin, kMtuMax, iut.back_mtu));
    iut.clients = reader.addresses("clients");
    iut.client_mac = reader.mac("client_mac");
    reader.refuse_others();
}

void read_timers(IutReader reader, TestTimers& timers) {
    timers.answer = reader.milliseconds("answer_ms", timers.answer);
    timers.silence = reader.milliseconds("silence_ms", timers.silence);
    timers.tolerance = reader.milliseconds("tolerance_ms", timers.tolerance);
    timers.fall_back = reader.milliseconds("fall_back_ms", timers.fall_back);
    reader.refuse_others();
}

void read_ics(IutReader ics, Iut& iut) {
    iut.statement.name = ics.text("name", "device");
    iut.statement.profiles = ics.choices("profiles", kProfiles);
    iut.statement.roles = ics.choices("roles", kRoles);
    iut.statement.options = ics.choices("options", kOptions);
    iut.framing.has_extensions = iut.statement.has_option("ext");
    ics.refuse_others();
}

void read_ixit(IutReader ixit, Iut& iut) {
    iut.front = read_attachment(ixit, "front");
    iut.back = read_attachment(ixit, "back");
    iut.upper_tester = ixit.text("upper_tester", "");
    read_addresses(*ixit.table("addresses", true), iut);
    for (IutReader& peer : ixit.tables("peers")) {
        iut.peers.push_back(read_server(peer));
        peer.refuse_others();
    }
    if (auto timers = ixit.table("timers", false)) read_timers(*timers, iut.timers);
    if (auto requests = ixit.table("requests", false)) {
        iut.requests.local = requests->text("local", iut.requests.local);
        iut.requests.moved = requests->text("moved", iut.requests.moved);
        requests->refuse_others();
    }
    ixit.refuse_others();
}

}  // namespace

Iut parse_iut(std::string_view text, const std::string& name) {
    toml::table table;
    try {
        table = toml::parse(text, name);
    } catch (const toml::parse_error& error) {
        throw IutFileError(
            fmt::format("{}:{}: {}", name, error.source().begin.line, error.description()));
    }
    Iut iut;
    IutReader file(table, name, "");
    read_ics(*file.table("ics", true), iut);
    read_ixit(*file.table("ixit", true), iut);
    file.refuse_others();
    return iut;
}

Iut load_iut_file(const std::string& path) {
    std::ifstream in(path);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) throw IutFileError(fmt::format("{}: cannot be read", path));
    return parse_iut(text.str(), path);
}

}  // namespace conform
