// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/validation.hh"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "shunt/farm/field_text.hh"
#include "shunt/farm/http_request.hh"
#include "shunt/farm/score.hh"

namespace shunt::farm {

namespace {

constexpr Duration kZero = Duration::nanoseconds(0);
/// Each holds what its client sends meanwhile (EP-5).
constexpr std::size_t kMovesAtOnceMax = 4'096;
/// Lower and a server would empty itself.
constexpr std::uint32_t kReliefPercentMax = 90;
constexpr std::size_t kCookieNameMax = 64;

class Validator {
  public:
    explicit Validator(const FarmConfig& config) : config_(config) {}

    std::vector<Finding> run() {
        check_farm();
        check_timers();
        check_limits();
        check_servers();
        check_listens();
        check_urls();
        check_session();
        check_selection();
        check_shedding();
        return std::move(findings_);
    }

  private:
    void error(std::string where, std::string expected) {
        findings_.push_back({Severity::Error, std::move(where), std::move(expected)});
    }

    void check_farm() {
        if (config_.secret.empty()) {
            findings_.push_back({Severity::Warning, "farm.secret_file",
                                 "a secret, or nothing on the back link is authenticated (SEC-4)"});
        }
        const std::uint16_t type = config_.farm.ethertype;
        if (type == 0x0800 || type == 0x0806 || type == 0x8100) {
            error("farm.ethertype", "a value that is not IPv4's, ARP's or VLAN's (FRM-2)");
        }
    }

    void check_session() {
        const SessionSettings& session = config_.session;
        const bool is_name = !session.cookie.empty() && session.cookie.size() <= kCookieNameMax &&
                             std::ranges::all_of(session.cookie, is_token_character);
        if (!is_name) {
            error("session.cookie",
                  fmt::format("a cookie's name, {} characters at most (RFC 6265 4.1.1)",
                              kCookieNameMax));
        }
        if (session.lifetime < Duration::seconds(1)) error("session.lifetime_s", "1 at least");
        if (session.mode != SessionMode::Off && config_.secret.empty()) {
            error("farm.secret_file", "a secret, or clients could say who serves them (SES-1)");
        }
    }

    void check_positive(Duration value, const char* where) {
        if (value <= kZero) error(where, "a time above 0");
    }

    void check_timers() {
        const Timers& timers = config_.timers;
        check_positive(timers.fall_back, "timers.fall_back_ms");
        if (timers.fall_back > kFallBackMax) {
            error("timers.fall_back_ms", "1500 at most (EP-6)");
        }
        const std::vector<Duration>& sends = timers.connection_sends;
        if (sends.empty() || sends.front() < kZero || sends.back() >= timers.fall_back ||
            std::adjacent_find(sends.begin(), sends.end(), std::greater_equal<>()) != sends.end()) {
            error("timers.connection_sends_ms", "rising times before fall_back_ms (EP-6)");
        }
        if (timers.attempt_life < timers.fall_back || timers.attempt_life > kAttemptLifeMax) {
            error("timers.attempt_life_ms", "fall_back_ms at least, 2000 at most (EP-41)");
        }
        for (const Duration pause : timers.return_repeats)
            check_positive(pause, "timers.return_repeats_ms");
        check_positive(timers.return_repeat_last, "timers.return_repeat_last_ms");
        check_positive(timers.return_life, "timers.return_life_ms");
        for (const Duration pause : timers.acknowledgement_repeats) {
            check_positive(pause, "timers.acknowledgement_repeats_ms");
        }
        check_positive(timers.acknowledgement_repeat_last, "timers.acknowledgement_repeat_last_ms");
        check_positive(timers.unreleased_life_extended, "timers.unreleased_life_extended_ms");
        check_positive(timers.unreleased_life_base, "timers.unreleased_life_base_ms");
        check_positive(timers.unreleased_life_blob, "timers.unreleased_life_blob_ms");
        check_positive(timers.blob_answer, "timers.blob_answer_ms");
        check_positive(timers.unknown_tuple_hold, "timers.unknown_tuple_hold_ms");
        check_positive(timers.temporary_life, "timers.temporary_life_ms");
        check_positive(timers.request_decision, "timers.request_decision_ms");
        check_positive(timers.request_first_byte, "timers.request_first_byte_ms");
        check_positive(timers.two_msl, "timers.two_msl_ms");
        check_positive(timers.forward_idle, "timers.forward_idle_ms");
        check_positive(timers.forward_idle_closing, "timers.forward_idle_closing_ms");
        check_report(timers.owner_report, timers.forward_idle, "timers.owner_report_ms");
        check_report(timers.owner_report_closing, timers.forward_idle_closing,
                     "timers.owner_report_closing_ms");
        check_positive(timers.reoffer_pause_min, "timers.reoffer_pause_min_ms");
        check_positive(timers.user_timeout, "timers.user_timeout_ms");
        check_positive(timers.keep_alive_idle, "timers.keep_alive_idle_ms");
        check_positive(timers.flow_idle, "timers.flow_idle_ms");
        // A target that forgot first would have to ask for each datagram what it is about.
        if (timers.flow_idle_target < timers.flow_idle) {
            error("timers.flow_idle_target_ms", "flow_idle_ms at least (EP-50)");
        }
    }

    /// One report may be lost.
    void check_report(Duration pause, Duration idle, const char* where) {
        check_positive(pause, where);
        if (pause * 2 >= idle) error(where, "less than half of what a home waits (EP-31)");
    }

    void check_at_least(std::size_t value, std::size_t least, const char* where) {
        if (value < least) error(where, fmt::format("{} at least", least));
    }

    void check_limits() {
        const Limits& limits = config_.limits;
        check_at_least(limits.temporary_entries, 1, "limits.temporary_entries");
        check_at_least(limits.half_open_entries, 1, "limits.half_open_entries");
        check_at_least(limits.local_entries, 1, "limits.local_entries");
        check_at_least(limits.forward_entries, 1, "limits.forward_entries");
        check_at_least(limits.forward_connect_entries, 1, "limits.forward_connect_entries");
        check_at_least(limits.flow_entries, 1, "limits.flow_entries");
        check_at_least(limits.held_packets, 1, "limits.held_packets");
        check_at_least(limits.held_bytes, kPacketBytesMin, "limits.held_bytes");
        check_at_least(limits.held_packets_total, 1, "limits.held_packets_total");
        check_at_least(limits.unknown_tuples, 1, "limits.unknown_tuples");
        check_at_least(limits.import_bytes, 1, "limits.import_bytes");
        check_at_least(limits.early_data_frames, 1, "limits.early_data_frames");
        check_at_least(limits.remembered_offers, 1, "limits.remembered_offers");
        check_at_least(limits.sessions, 1, "limits.sessions");
        check_at_least(limits.request_bytes, 1, "limits.request_bytes");
        if (limits.request_bytes > kRequestHeadBytesMax) {
            error("limits.request_bytes", fmt::format("{} at most", kRequestHeadBytesMax));
        }
        check_queue(limits.tcp_send_buffer_bytes, "limits.tcp_send_buffer_bytes");
        check_queue(limits.tcp_receive_buffer_bytes, "limits.tcp_receive_buffer_bytes");
    }

    void check_queue(std::size_t bytes, const char* where) {
        check_at_least(bytes, kPacketBytesMin, where);
        if (bytes > kQueueBytesMax) error(where, fmt::format("{} at most", kQueueBytesMax));
    }

    // A host receives datagrams of 576 bytes at least (RFC 791); smaller buffers hold nothing.
    static constexpr std::size_t kPacketBytesMin = 576;
    // No window is larger (RFC 7323 2.3).
    static constexpr std::size_t kQueueBytesMax = std::size_t{1} << 30;

    /// Says where the same value stands for the first time.
    template <typename Value>
    void check_unique(std::map<Value, std::string>& seen, const Value& value,
                      const std::string& where, const char* what) {
        const auto [first, is_new] = seen.emplace(value, where);
        if (!is_new) error(where, fmt::format("{} other than that of {}", what, first->second));
    }

    void check_address(wire::Ipv4Address address, const std::string& where) {
        if (address == wire::Ipv4Address() || address.is_multicast() || address.is_broadcast() ||
            address.is_loopback()) {
            error(where, "an address that a host can have");
        }
        check_unique(addresses_, address.value(), where, "an address");
    }

    void check_link_address(const LinkAddress& link, const std::string& where) {
        check_address(link.address, where);
        if (link.prefix_length < 1 || link.prefix_length > 32) {
            error(where, "a prefix length from 1 to 32");
        }
    }

    void check_mac(const wire::MacAddress& mac, const std::string& where,
                   std::map<std::string, std::string>& seen) {
        if (mac == wire::MacAddress() || mac.is_multicast()) {
            error(where, "the MAC address of one station");
        }
        check_unique(seen, mac.to_string(), where, "a MAC address");
    }

    void check_server(const Server& server, const std::string& where) {
        if (server.id == 0) error(where + ".id", "a number above 0");
        check_unique(ids_, server.id, where + ".id", "an id");
        if (server.name.empty()) error(where + ".name", "a name");
        check_unique(names_, server.name, where + ".name", "a name");
        check_link_address(server.front_ip, where + ".front_ip");
        for (const wire::Ipv4Address service : server.services) {
            check_address(service, where + ".service");
        }
        for (const wire::Ipv4Address forward_ip : server.forward_ips) {
            check_address(forward_ip, where + ".forward_ip");
        }
        const std::size_t expected = std::max<std::size_t>(1, server.services.size());
        if (server.forward_ips.size() != expected) {
            error(where + ".forward_ip",
                  fmt::format("{}: one for each service, at least one (SYS-2)", expected));
        }
        check_link_address(server.control_ip, where + ".control_ip");
        check_mac(server.front_mac, where + ".front_mac", front_macs_);
        check_mac(server.back_mac, where + ".back_mac", back_macs_);
        check_gateway(server, where + ".gateway");
    }

    void check_gateway(const Server& server, const std::string& where) {
        if (!server.gateway) return;
        const std::uint8_t length = server.front_ip.prefix_length;
        if (length < 1 || length > 32) return;  // said above
        const std::uint32_t difference = server.gateway->value() ^ server.front_ip.address.value();
        if ((difference >> (32 - length)) != 0) {
            error(where, "an address within the prefix of front_ip (SYS-4)");
        }
        if (config_.is_farm_address(*server.gateway)) {
            error(where, "the address of a router, not of a server");
        }
    }

    void check_servers() {
        if (config_.servers.empty()) error("server", "one server at least");
        if (config_.servers.size() > kServersMax) {
            error("server", fmt::format("{} servers at most", kServersMax));
        }
        for (std::size_t i = 0; i < config_.servers.size(); ++i) {
            check_server(config_.servers[i], fmt::format("server[{}]", i));
        }
    }

    void check_listens() {
        std::map<std::tuple<std::string, std::uint16_t, wire::TransportProtocol>, std::string> seen;
        for (std::size_t i = 0; i < config_.listens.size(); ++i) {
            const Listen& listen = config_.listens[i];
            const std::string where = fmt::format("listen[{}]", i);
            if (config_.server_by_name(listen.server) == nullptr) {
                error(where + ".server",
                      fmt::format("the name of a server, not {:?}", listen.server));
            }
            if (listen.port == 0) error(where + ".port", "a port from 1 to 65535");
            check_unique(seen, {listen.server, listen.port, listen.protocol}, where + ".port",
                         "a port of this server");
            if (listen.application.empty()) error(where + ".application", "an application");
            check_backend(listen, where + ".backend");
            check_front(listen, where + ".application");
            check_protocol(listen, where);
        }
    }

    void check_protocol(const Listen& listen, const std::string& where) {
        const bool is_udp = listen.protocol == wire::TransportProtocol::Udp;
        if (is_udp != (listen.application == kEchoApplication)) {
            error(where + ".application", is_udp ? "\"echo\", the application of UDP"
                                                 : "an application of TCP, not \"echo\"");
        }
        // A flow has no handshake that could end before the first datagram says what it wants.
        if (is_udp && listen.selection != SelectionMoment::Connect) {
            error(where + ".select", "\"connect\" with UDP: at the first datagram");
        }
        if (is_udp && listen.profile != Profile::Endpoint) {
            error(where + ".profile", "\"endpoint\" with UDP");
        }
        if (listen.profile == Profile::Blob && !config_.farm.has_extensions) {
            error(where + ".profile",
                  "\"endpoint\" without extensions: a blob goes by the control channel");
        }
        if (listen.is_eager && listen.profile != Profile::Blob) {
            error(where + ".eager", "false without profile \"blob\"");
        }
        // Who hands over and who takes over have to mean the same.
        const bool is_agreed = is_udp || listen.profile == config_.profile_of(listen.port);
        if (!is_agreed) error(where + ".profile", "the profile of the others on that port");
    }

    /// Who only goes on with what others begin needs others, and a protocol that moves it in use.
    void check_front(const Listen& listen, const std::string& where) {
        if (listen.takes_new_connections()) return;
        const bool has_front = std::ranges::any_of(config_.listens, [&](const Listen& other) {
            return other.port == listen.port && other.protocol == listen.protocol &&
                   other.application == kHttpApplication;
        });
        if (!has_front) error(where, "\"http\" at another server on that port, to begin with");
        if (!config_.farm.has_extensions) {
            findings_.push_back({Severity::Warning, where,
                                 "farm.extensions = true, or nothing in use moves there (EP-42)"});
        }
    }

    void check_backend(const Listen& listen, const std::string& where) {
        const bool is_gateway = listen.application == kGatewayApplication;
        if (is_gateway && !listen.backend) error(where, "the program behind the gateway");
        if (!is_gateway && listen.backend) error(where, "no backend but of a gateway");
    }

    void check_urls() {
        if (config_.urls.size() > kUrlRulesMax) {
            error("url", fmt::format("{} rules at most", kUrlRulesMax));
        }
        std::map<std::string, std::string> seen;
        for (std::size_t i = 0; i < config_.urls.size(); ++i) {
            const UrlRule& rule = config_.urls[i];
            const std::string where = fmt::format("url[{}]", i);
            if (rule.prefix.empty() || rule.prefix.front() != '/') {
                error(where + ".prefix", "a path that begins with /");
            }
            check_unique(seen, rule.prefix, where + ".prefix", "a prefix");
            if (rule.servers.empty()) error(where + ".servers", "one server at least");
            for (const std::string& name : rule.servers) {
                if (config_.server_by_name(name) != nullptr) continue;
                error(where + ".servers", fmt::format("the name of a server, not {:?}", name));
            }
        }
    }

    void check_selection() {
        const SelectionSettings& settings = config_.selection;
        const std::uint64_t weights = std::uint64_t{settings.connections_weight} +
                                      settings.cpu_weight + settings.memory_weight +
                                      settings.bandwidth_weight;
        if (weights == 0) error("selection", "one weight above 0 at least (SEL-3)");
        if (settings.hysteresis > kScoreMax) {
            error("selection.hysteresis", fmt::format("{} at most", kScoreMax));
        }
        check_half(settings.connections_half, "selection.connections_half");
        check_half(settings.memory_half_bytes, "selection.memory_half_bytes");
        check_half(settings.bandwidth_half_bps, "selection.bandwidth_half_bps");
    }

    void check_shedding() {
        const DrainSettings& drain = config_.drain;
        check_at_least(drain.moves_at_once, 1, "drain.moves_at_once");
        if (drain.moves_at_once > kMovesAtOnceMax) {
            error("drain.moves_at_once", fmt::format("{} at most", kMovesAtOnceMax));
        }
        check_positive(drain.retry, "drain.retry_ms");
        if (config_.overload.relief_percent > kReliefPercentMax) {
            error("overload.relief_percent", fmt::format("{} at most", kReliefPercentMax));
        }
        if (config_.overload.is_on() && !config_.farm.has_extensions) {
            findings_.push_back({Severity::Warning, "overload",
                                 "farm.extensions = true, or no connection in use moves (EP-43)"});
        }
    }

    void check_half(std::uint64_t value, const char* where) {
        if (value == 0) error(where, "1 at least");
    }

    const FarmConfig& config_;
    std::vector<Finding> findings_;
    std::map<std::uint32_t, std::string> addresses_;
    std::map<ServerId, std::string> ids_;
    std::map<std::string, std::string> names_;
    // Where front and back are one link a server may use one MAC for both.
    std::map<std::string, std::string> front_macs_;
    std::map<std::string, std::string> back_macs_;
};

}  // namespace

std::vector<Finding> validate(const FarmConfig& config) {
    return Validator(config).run();
}

bool has_error(const std::vector<Finding>& findings) {
    return std::any_of(findings.begin(), findings.end(),
                       [](const Finding& finding) { return finding.severity == Severity::Error; });
}

}  // namespace shunt::farm
