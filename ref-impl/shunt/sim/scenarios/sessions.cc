// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/scenarios/sessions.hh"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shunt/farm/standard_plan.hh"
#include "shunt/sim/client/scripted_client.hh"
#include "shunt/sim/scenarios/draws.hh"
#include "shunt/sim/scenarios/farm_world.hh"

namespace shunt::sim {
namespace {

constexpr std::size_t kServers = 4;
constexpr std::size_t kClients = 1'000;
constexpr std::size_t kRounds = 10;
/// The server that crashes does so before the first of these rounds, and is back before the second.
constexpr std::size_t kCrashRound = 4;
constexpr std::size_t kRestartRound = 7;
/// From one round to the next: also with lost frames its answers are all there by then, and a
/// server that has crashed is known to be dead (EP-33).
constexpr Duration kRoundPause = Duration::seconds(20);
/// Requests that another server may answer because four offers or their answers were lost (EP-6).
constexpr std::size_t kFallBacksPercent = 2;
constexpr std::uint64_t kObject = 100;

FarmWorldConfig config_of(const ScenarioOptions& options, Rng& rng, ScriptedClient& client) {
    FarmWorldConfig config;
    config.seed = options.seed;
    config.farm = farm::standard_plan(kServers);
    config.farm.farm.has_extensions = true;
    config.farm.session.mode = farm::SessionMode::Cookie;
    config.farm.secret.assign(32, 0x5A);
    config.farm.urls.push_back({"/bytes/", {"s1", "s2", "s3", "s4"}});
    config.observer = options.observer;
    config.has_offload = options.has_offload;
    config.do_servers_lose_each_other = true;  // one of them crashes for long
    config.guests.push_back({"clients", ScriptedClient::mac(), &client});
    const bool has_faults = options.seed % 2 == 0;
    for (FaultPlan* plan : {&config.front, &config.back}) {
        plan->delay = Duration::microseconds(100);
        const Ratio loss = has_faults ? draw_ratio(rng, 5) : Ratio{};
        const Ratio repetition = has_faults ? draw_ratio(rng, 20) : Ratio{};
        const Ratio reordering = has_faults ? draw_ratio(rng, 20) : Ratio{};
        plan->loss = options.loss.value_or(loss);
        plan->repetition = options.repetition.value_or(repetition);
        plan->reordering = options.reordering.value_or(reordering);
        plan->reordering_delay_max = Duration::milliseconds(4);
    }
    return config;
}

/// The value of a field of a response's head; empty: it has none.
std::string_view field_of(std::string_view head, std::string_view name) {
    const std::size_t at = head.find(name);
    if (at == std::string_view::npos) return {};
    const std::string_view value = head.substr(at + name.size());
    return value.substr(0, value.find("\r\n"));
}

/// The clients of a farm, their jars, and what they must be answered.
class Visits {
  public:
    Visits(FarmWorld& world, ScriptedClient& client, Rng rng, std::size_t clients, bool is_strict)
        : world_(world), client_(client), rng_(rng), jars_(clients), is_strict_(is_strict) {}

    /// Each client asks once, some server that is up.
    void ask_all(std::optional<std::size_t> down) {
        down_ = down;
        visits_.clear();
        visits_.reserve(jars_.size());
        for (std::size_t number = 0; number < jars_.size(); ++number) {
            std::size_t entry = rng_.below(kServers);
            if (down_ == entry) entry = (entry + 1) % kServers;
            ask(number, entry);
        }
        world_.world().wake(world_.guest_id(0));
        std::size_t waiting = visits_.size();
        const Instant limit = world_.world().now() + kRoundPause - Duration::seconds(1);
        world_.run_until(limit, [&] {
            while (waiting > 0 && is_answered(visits_[waiting - 1]))
                --waiting;
            return waiting == 0;
        });
        for (std::size_t number = 0; number < visits_.size(); ++number)
            judge(number);
        for (const ScriptedClient::Number connection : visits_)
            client_.close(connection, world_.world().now());
        world_.world().wake(world_.guest_id(0));
    }

    std::size_t asked() const { return asked_; }
    std::size_t answered() const { return answered_; }

    void demand_few_fall_backs() {
        const std::size_t most = asked_ * kFallBacksPercent / 100;
        if (fall_backs_ > most)
            complain("SES-2",
                     fmt::format("{} of {} requests were answered elsewhere", fall_backs_, asked_));
    }

  private:
    struct Jar {
        std::string cookie;
        std::optional<std::size_t> keeper;
    };

    void ask(std::size_t number, std::size_t entry) {
        const Instant now = world_.world().now();
        const auto service = world_.config().farm.servers[entry].services.front();
        const auto connection = client_.open(service, 80, now);
        std::string text = fmt::format("GET /bytes/{} HTTP/1.1\r\nHost: farm\r\n", kObject);
        const Jar& jar = jars_[number];
        if (!jar.cookie.empty()) text += fmt::format("Cookie: {}\r\n", jar.cookie);
        text += "\r\n";
        client_.send(connection, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()},
                     now);
        visits_.push_back(connection);
        ++asked_;
    }

    std::string_view answer_to(ScriptedClient::Number connection) const {
        const auto& received = client_.connection(connection).received;
        return {reinterpret_cast<const char*>(received.data()), received.size()};
    }

    bool is_answered(ScriptedClient::Number connection) const {
        const std::string_view answer = answer_to(connection);
        const std::size_t head = answer.find("\r\n\r\n");
        const bool is_whole = head != std::string_view::npos && answer.size() >= head + 4 + kObject;
        return is_whole || client_.connection(connection).is_reset ||
               client_.connection(connection).is_timed_out;
    }

    void judge(std::size_t number) {
        const ScriptedClient::Number connection = visits_[number];
        const std::string_view answer = answer_to(connection);
        if (!is_answered(connection) || !answer.starts_with("HTTP/1.1 200 ")) {
            return complain("EP-48", fmt::format("client {} got no answer, but \"{}\"", number,
                                                 answer.substr(0, answer.find('\r'))));
        }
        const auto server = number_in(field_of(answer, "\r\nServer: shunt/s"), 10);
        const std::string_view field = field_of(answer, "\r\nSet-Cookie: ");
        const std::string_view cookie = field.substr(0, field.find(';'));
        const auto named =
            number_in(cookie.substr(0, 14).substr(std::min<std::size_t>(6, cookie.size())), 16);
        if (!server || (!cookie.empty() && named != server)) {
            return complain("SES-1", fmt::format("client {} was answered by s{} and given \"{}\"",
                                                 number, server.value_or(0), cookie));
        }
        ++answered_;
        settle(number, *server - 1, cookie);
    }

    /// Whoever keeps the session answers; else it is gone, or could not be reached, and another
    /// server keeps a new one.
    void settle(std::size_t number, std::size_t server, std::string_view cookie) {
        Jar& jar = jars_[number];
        const bool is_its_keeper = jar.keeper == server;
        if (is_its_keeper != cookie.empty()) {
            complain("SES-5", fmt::format("client {} of s{} was answered by s{} and given \"{}\"",
                                          number, jar.keeper.value_or(0) + 1, server + 1, cookie));
        }
        if (is_its_keeper) return;
        const bool is_explained = !jar.keeper || jar.keeper == down_;
        if (!is_explained) {
            ++fall_backs_;
            if (is_strict_)
                complain("SES-2", fmt::format("client {} of s{} was answered by s{}", number,
                                              *jar.keeper + 1, server + 1));
        }
        jar = {std::string(cookie), server};
    }

    static std::optional<std::size_t> number_in(std::string_view text, int base) {
        std::size_t number = 0;
        const auto [end, error] =
            std::from_chars(text.data(), text.data() + text.size(), number, base);
        if (error != std::errc{} || end == text.data()) return std::nullopt;
        return number;
    }

    void complain(std::string_view requirement, const std::string& text) {
        world_.log().add(world_.world().now(), requirement, text);
    }

    FarmWorld& world_;
    ScriptedClient& client_;
    Rng rng_;
    std::vector<Jar> jars_;
    std::vector<ScriptedClient::Number> visits_;  // of this round, by client
    bool is_strict_;
    std::optional<std::size_t> down_;
    std::size_t asked_ = 0;
    std::size_t answered_ = 0;
    std::size_t fall_backs_ = 0;
};

void plan_crash(FarmWorld& world, std::size_t server, Instant crash, Instant restart) {
    Trouble trouble;
    trouble.host = world.roles().servers[server].host;
    trouble.kind = Trouble::Kind::Crash;
    trouble.at = crash;
    world.troubles().add(trouble);
    trouble.kind = Trouble::Kind::Restart;
    trouble.at = restart;
    world.troubles().add(trouble);
    world.troubles().sort();
}

}  // namespace

ScenarioResult sessions(const ScenarioOptions& options) {
    Rng rng(options.seed);
    ScriptedClient client(rng.next_u64());
    FarmWorld world(config_of(options, rng, client));
    const auto round_at = [&world](std::size_t round) {
        return world.begin() + kRoundPause * static_cast<std::int64_t>(round);
    };
    const auto crashing = static_cast<std::size_t>(rng.below(kServers));
    constexpr Duration before = Duration::milliseconds(500);
    plan_crash(world, crashing, round_at(kCrashRound - 1) + kRoundPause / 2,
               round_at(kRestartRound) - kRoundPause / 2);
    const bool is_strict = options.seed % 2 == 1 && !options.loss;
    Visits visits(world, client, rng.fork(), options.connections.value_or(kClients), is_strict);
    for (std::size_t round = 0; round < kRounds; ++round) {
        world.run_until(round_at(round) - before, [] { return false; });
        world.world().wait_until(round_at(round) - before);
        const bool is_down = round >= kCrashRound && round < kRestartRound;
        visits.ask_all(is_down ? std::optional(crashing) : std::nullopt);
    }
    visits.demand_few_fall_backs();
    world.run(world.world().now() + kRoundPause);
    ScenarioResult result = world.result();
    result.connections = visits.asked();
    result.responses = visits.answered();
    result.bytes = visits.answered() * kObject;
    return result;
}

}  // namespace shunt::sim
