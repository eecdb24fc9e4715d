// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/farm_file.hh"

#include <fmt/format.h>

#include <filesystem>
#include <limits>
#include <type_traits>
#include <utility>

#include "shunt/farm/score.hh"
#include "shunt/farm/validation.hh"
#include "shunt/runtime/secret_file.hh"
#include "shunt/runtime/table_reader.hh"
#include "shunt/runtime/text_file.hh"
#include "shunt/runtime/toml_document.hh"

namespace shunt::runtime {
namespace {

constexpr std::size_t kFileMax = 4 << 20;
constexpr std::int64_t kCountMax = 1 << 30;
constexpr std::int64_t kWeightMax = 1'000;
constexpr std::int64_t kPercentMax = 100;
constexpr std::int64_t kFigureMax = std::int64_t{1} << 50;

template <typename Value>
void assign(Value& target, std::optional<Value> source) {
    if (source) target = std::move(*source);
}

template <typename Enumeration>
void assign_choice(Enumeration& target, std::optional<std::size_t> index) {
    if (index) target = static_cast<Enumeration>(*index);
}

/// Walks the tables in the order of docs/interfaces.md.
class FarmReader {
  public:
    FarmReader(Complaints& complaints, std::filesystem::path folder)
        : complaints_(complaints), folder_(std::move(folder)) {}

    FarmFile read(const TomlValue& root) {
        TableReader top(root, "", complaints_);
        if (const auto table = top.table("farm")) read_farm(*table);
        if (const auto table = top.table("timers")) read_timers(*table);
        if (const auto table = top.table("limits")) read_limits(*table);
        for (const auto& table : top.tables("server"))
            read_server(table);
        for (const auto& table : top.tables("listen"))
            read_listen(table);
        for (const auto& table : top.tables("url"))
            read_url(table);
        if (const auto table = top.table("session")) read_session(*table);
        if (const auto table = top.table("selection")) read_selection(*table);
        if (const auto table = top.table("drain")) read_drain(*table);
        if (const auto table = top.table("overload")) read_overload(*table);
        top.finish();
        return std::move(file_);
    }

  private:
    std::string resolve(const std::string& path) const {
        return (folder_ / path).lexically_normal().string();
    }

    void read_farm(const TableReader::Placed& placed) {
        TableReader reader(*placed.value, placed.place, complaints_);
        farm::FarmSettings& settings = file_.config.farm;
        constexpr std::int64_t id_max = std::numeric_limits<std::int64_t>::max();
        if (const auto id = reader.integer("id", 0, id_max))
            settings.id = static_cast<std::uint64_t>(*id);
        if (const auto type = reader.integer("ethertype", 1, 0xFFFF))
            settings.ethertype = static_cast<std::uint16_t>(*type);
        assign_choice(settings.binding, reader.choice("binding", {"ethernet", "udp"}));
        assign(settings.has_extensions, reader.boolean("extensions"));
        if (const auto path = reader.text("secret_file")) read_secret(resolve(*path));
        reader.finish();
    }

    void read_secret(const std::string& path) {
        constexpr std::string_view place = "farm.secret_file";
        const int line = complaints_.line_of(place);
        auto secret = load_secret_file(path);
        if (!secret) {
            complaints_.add(line, place, secret.error().text);
            return;
        }
        if (!secret->warning.empty())
            file_.warnings.push_back(complaints_.format(line, place, secret->warning));
        file_.config.secret = std::move(secret->bytes);
    }

    void read_timers(const TableReader::Placed& placed) {
        TableReader reader(*placed.value, placed.place, complaints_);
        farm::Timers& timers = file_.config.timers;
        assign(timers.connection_sends, reader.milliseconds_list("connection_sends_ms"));
        assign(timers.fall_back, reader.milliseconds("fall_back_ms"));
        assign(timers.attempt_life, reader.milliseconds("attempt_life_ms"));
        assign(timers.return_repeats, reader.milliseconds_list("return_repeats_ms"));
        assign(timers.return_repeat_last, reader.milliseconds("return_repeat_last_ms"));
        assign(timers.return_life, reader.milliseconds("return_life_ms"));
        assign(timers.acknowledgement_repeats,
               reader.milliseconds_list("acknowledgement_repeats_ms"));
        assign(timers.acknowledgement_repeat_last,
               reader.milliseconds("acknowledgement_repeat_last_ms"));
        assign(timers.unreleased_life_extended, reader.milliseconds("unreleased_life_extended_ms"));
        assign(timers.unreleased_life_base, reader.milliseconds("unreleased_life_base_ms"));
        assign(timers.unreleased_life_blob, reader.milliseconds("unreleased_life_blob_ms"));
        assign(timers.blob_answer, reader.milliseconds("blob_answer_ms"));
        assign(timers.unknown_tuple_hold, reader.milliseconds("unknown_tuple_hold_ms"));
        assign(timers.temporary_life, reader.milliseconds("temporary_life_ms"));
        assign(timers.request_decision, reader.milliseconds("request_decision_ms"));
        assign(timers.request_first_byte, reader.milliseconds("request_first_byte_ms"));
        assign(timers.two_msl, reader.milliseconds("two_msl_ms"));
        assign(timers.forward_idle, reader.milliseconds("forward_idle_ms"));
        assign(timers.forward_idle_closing, reader.milliseconds("forward_idle_closing_ms"));
        assign(timers.owner_report, reader.milliseconds("owner_report_ms"));
        assign(timers.owner_report_closing, reader.milliseconds("owner_report_closing_ms"));
        assign(timers.reoffer_pause_min, reader.milliseconds("reoffer_pause_min_ms"));
        assign(timers.user_timeout, reader.milliseconds("user_timeout_ms"));
        assign(timers.keep_alive_idle, reader.milliseconds("keep_alive_idle_ms"));
        assign(timers.flow_idle, reader.milliseconds("flow_idle_ms"));
        assign(timers.flow_idle_target, reader.milliseconds("flow_idle_target_ms"));
        reader.finish();
    }

    void read_limits(const TableReader::Placed& placed) {
        TableReader reader(*placed.value, placed.place, complaints_);
        farm::Limits& limits = file_.config.limits;
        const auto count = [&reader](std::size_t& target, std::string_view key) {
            if (const auto number = reader.integer(key, 1, kCountMax))
                target = static_cast<std::size_t>(*number);
        };
        count(limits.temporary_entries, "temporary_entries");
        count(limits.half_open_entries, "half_open_entries");
        count(limits.local_entries, "local_entries");
        count(limits.forward_entries, "forward_entries");
        count(limits.forward_connect_entries, "forward_connect_entries");
        count(limits.flow_entries, "flow_entries");
        count(limits.held_packets, "held_packets");
        count(limits.held_bytes, "held_bytes");
        count(limits.held_packets_total, "held_packets_total");
        count(limits.unknown_tuples, "unknown_tuples");
        count(limits.import_bytes, "import_bytes");
        count(limits.early_data_frames, "early_data_frames");
        count(limits.remembered_offers, "remembered_offers");
        count(limits.sessions, "sessions");
        count(limits.request_bytes, "request_bytes");
        count(limits.tcp_send_buffer_bytes, "tcp_send_buffer_bytes");
        count(limits.tcp_receive_buffer_bytes, "tcp_receive_buffer_bytes");
        reader.finish();
    }

    static farm::LinkAddress link_address(
        const std::optional<TableReader::PrefixedAddress>& source) {
        farm::LinkAddress target;
        if (!source) return target;
        target.address = source->address;
        if (source->prefix_length) target.prefix_length = *source->prefix_length;
        return target;
    }

    void read_server(const TableReader::Placed& placed) {
        TableReader reader(*placed.value, placed.place, complaints_);
        constexpr std::int64_t id_max = std::numeric_limits<farm::ServerId>::max();
        farm::Server server;
        assign(server.name, reader.text("name", true));
        if (const auto id = reader.integer("id", 1, id_max, true))
            server.id = static_cast<farm::ServerId>(*id);
        server.front_ip = link_address(reader.prefixed_address("front_ip"));
        assign(server.front_mac, reader.mac_address("front_mac"));
        server.gateway = reader.address("gateway");
        server.services = reader.addresses("service");
        server.forward_ips = reader.addresses("forward_ip", true);
        server.control_ip = link_address(reader.prefixed_address("control_ip"));
        assign(server.back_mac, reader.mac_address("back_mac"));
        reader.finish();
        file_.config.servers.push_back(std::move(server));
    }

    void read_listen(const TableReader::Placed& placed) {
        TableReader reader(*placed.value, placed.place, complaints_);
        farm::Listen listen;
        assign(listen.server, reader.text("server", true));
        if (const auto port = reader.integer("port", 1, 0xFFFF, true))
            listen.port = static_cast<std::uint16_t>(*port);
        if (reader.choice("protocol", {"tcp", "udp"}) == std::size_t{1})
            listen.protocol = wire::TransportProtocol::Udp;
        assign(listen.application, reader.text("application", true));
        if (const auto directory = reader.text("directory")) listen.directory = resolve(*directory);
        if (const auto backend = reader.text("backend"))
            listen.backend = read_backend(*backend, placed.place + ".backend");
        assign_choice(listen.profile, reader.choice("profile", {"endpoint", "blob", "handoff"}));
        assign(listen.is_eager, reader.boolean("eager"));
        assign_choice(listen.selection, reader.choice("select", {"connect", "request"}));
        reader.finish();
        file_.config.listens.push_back(std::move(listen));
    }

    /// A path is relative to the farm's file, as a directory is.
    std::optional<farm::BackendAddress> read_backend(const std::string& text,
                                                     const std::string& place) {
        auto backend = farm::BackendAddress::parse(text);
        if (backend && backend->kind == farm::BackendAddress::Kind::Unix) {
            backend->path = resolve(backend->path);
            if (backend->path.size() > farm::BackendAddress::kPathMax) backend.reset();
        }
        if (!backend)
            complaints_.add(complaints_.line_of(place), place,
                            fmt::format("expected \"unix:PATH\", a path of {} bytes at most, or "
                                        "\"tcp:ADDRESS:PORT\"",
                                        farm::BackendAddress::kPathMax));
        return backend;
    }

    void read_url(const TableReader::Placed& placed) {
        TableReader reader(*placed.value, placed.place, complaints_);
        farm::UrlRule rule;
        assign(rule.prefix, reader.text("prefix", true));
        rule.servers = reader.texts("servers");
        reader.finish();
        file_.config.urls.push_back(std::move(rule));
    }

    void read_session(const TableReader::Placed& placed) {
        TableReader reader(*placed.value, placed.place, complaints_);
        farm::SessionSettings& session = file_.config.session;
        assign(session.cookie, reader.text("cookie"));
        assign_choice(session.mode, reader.choice("mode", {"off", "cookie", "redirect"}));
        constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max();  // on the wire
        if (const auto seconds = reader.integer("lifetime_s", 1, most))
            session.lifetime = Duration::seconds(*seconds);
        reader.finish();
    }

    void read_selection(const TableReader::Placed& placed) {
        TableReader reader(*placed.value, placed.place, complaints_);
        farm::SelectionSettings& settings = file_.config.selection;
        const auto number = [&reader](auto& target, std::string_view key, std::int64_t most) {
            using Number = std::remove_reference_t<decltype(target)>;
            if (const auto value = reader.integer(key, 0, most))
                target = static_cast<Number>(*value);
        };
        number(settings.connections_weight, "connections_weight", kWeightMax);
        number(settings.cpu_weight, "cpu_weight", kWeightMax);
        number(settings.memory_weight, "memory_weight", kWeightMax);
        number(settings.bandwidth_weight, "bandwidth_weight", kWeightMax);
        number(settings.hysteresis, "hysteresis", farm::kScoreMax);
        number(settings.connections_half, "connections_half", kFigureMax);
        number(settings.memory_half_bytes, "memory_half_bytes", kFigureMax);
        number(settings.bandwidth_half_bps, "bandwidth_half_bps", kFigureMax);
        reader.finish();
    }

    void read_drain(const TableReader::Placed& placed) {
        TableReader reader(*placed.value, placed.place, complaints_);
        farm::DrainSettings& settings = file_.config.drain;
        if (const auto count = reader.integer("moves_at_once", 1, kCountMax))
            settings.moves_at_once = static_cast<std::size_t>(*count);
        assign(settings.retry, reader.milliseconds("retry_ms"));
        reader.finish();
    }

    void read_overload(const TableReader::Placed& placed) {
        TableReader reader(*placed.value, placed.place, complaints_);
        farm::OverloadSettings& settings = file_.config.overload;
        if (const auto count = reader.integer("connections", 0, kCountMax))
            settings.connections = static_cast<std::uint32_t>(*count);
        if (const auto cpu = reader.integer("cpu_per_mille", 0, farm::kScoreMax))
            settings.cpu_per_mille = static_cast<std::uint16_t>(*cpu);
        if (const auto share = reader.integer("relief_percent", 0, kPercentMax))
            settings.relief_percent = static_cast<std::uint32_t>(*share);
        assign(settings.after, reader.milliseconds("after_ms"));
        reader.finish();
    }

    Complaints& complaints_;
    std::filesystem::path folder_;
    FarmFile file_;
};

/// What each key says is right; whether they fit together is the farm's to judge.
void judge_whole(FarmFile& file, Complaints& complaints) {
    for (const farm::Finding& finding : farm::validate(file.config)) {
        const int line = complaints.line_of(finding.where);
        const std::string text = fmt::format("expected {}", finding.expected);
        if (finding.severity == farm::Severity::Error)
            complaints.add(line, finding.where, text);
        else
            file.warnings.push_back(complaints.format(line, finding.where, text));
    }
}

}  // namespace

Result<FarmFile, FarmFileErrors> parse_farm_file(std::string_view text, const std::string& name,
                                                 const std::string& folder) {
    Complaints complaints(name);
    const auto root = parse_toml(text);
    if (!root) {
        complaints.add(root.error().line, "", root.error().text);
        return Failure{complaints.texts()};
    }
    FarmFile file = FarmReader(complaints, folder).read(*root);
    if (complaints.empty()) judge_whole(file, complaints);
    if (!complaints.empty()) return Failure{complaints.texts()};
    return file;
}

Result<FarmFile, FarmFileErrors> load_farm_file(const std::string& path) {
    const auto text = read_text_file(path, kFileMax);
    if (!text) return Failure{FarmFileErrors{text.error().text}};
    const std::string folder = std::filesystem::path(path).parent_path().string();
    return parse_farm_file(*text, path, folder);
}

}  // namespace shunt::runtime
