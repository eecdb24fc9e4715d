// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/crash/crash_run.hh"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "shunt/sim/crash/mortal_host.hh"
#include "shunt/sim/crash/step_recorder.hh"
#include "shunt/sim/scenarios/datagram_echo.hh"

namespace shunt::sim {
namespace {

/// Longer than any run.
constexpr Duration kNoMoreWords = Duration::seconds(10'000);
/// Longer than a flow lasts at a base target (EP-51): nobody tells its home that it has crashed.
constexpr Duration kBaseFlowForgotten = Duration::seconds(40);
/// The home of every connection of a script.
constexpr std::size_t kHome = 0;
/// Between the last comeback and the client that comes afterwards: a home takes a silent owner for
/// dead after six seconds (EP-33).
constexpr Duration kLaterClient = Duration::seconds(10);
/// What that client takes, with some falling back on the way.
constexpr Duration kServing = Duration::seconds(20);
/// What a flow's last word is on its way for.
constexpr Duration kAnswering = Duration::seconds(2);
/// After the last client's end: 2MSL twice, idle records, and what an idle owner says every ten
/// minutes (EP-31), with some room.
constexpr Duration kEmptying = Duration::seconds(720);

Duration quiet_of(const Script& script) {
    const bool is_base_flow = script.flow && !script.make().farm.farm.has_extensions;
    return kLaterClient + (is_base_flow ? kBaseFlowForgotten : Duration());
}

/// When somebody comes afterwards, from FarmWorld::begin() on; nothing: nobody does.
std::optional<Duration> later_of(const Script& script, const CrashOrders& orders) {
    if (!orders.later_client) return std::nullopt;
    return *orders.later_client - kLaterClient + quiet_of(script);
}

/// Nothing: no flow is watched.
std::unique_ptr<DatagramClient> flow_of(const Script& script, const CrashOrders& orders) {
    if (!script.flow) return nullptr;
    const FarmWorldConfig config = script.make();
    const bool has_extensions = config.farm.farm.has_extensions;
    DatagramPlan plan = datagram_plan(config.farm);
    plan.start = Instant{} + (has_extensions ? FarmWorld::kOpening : Duration());
    plan.silence = plan.start + *script.flow;
    // Without a crash it has said all.
    plan.again = plan.start + kNoMoreWords;
    if (const auto later = later_of(script, orders)) plan.again = plan.start + *later;
    plan.is_answered_once = true;
    return std::make_unique<DatagramClient>(plan);
}

/// For so long that they may take each other for dead (EP-33): two silences may follow each other.
bool may_part_servers(const std::vector<CrashPoint>& points) {
    const auto count = [&points](Comeback comeback) {
        return std::ranges::count(points, comeback, &CrashPoint::comeback);
    };
    return count(Comeback::ChannelsDead) > 0 || count(Comeback::ChannelsSilent) > 1;
}

FarmWorldConfig config_of(const Script& script, const CrashOrders& orders, ServerSeats& seats,
                          DatagramClient* flow) {
    FarmWorldConfig config = script.make();
    config.seed = orders.seed;
    config.seats = &seats;
    config.observer = orders.observer;
    config.do_servers_lose_each_other = may_part_servers(orders.points);
    if (flow != nullptr)
        config.guests.push_back({"datagrams", datagram_plan(config.farm).mac, flow});
    if (orders.later_client && flow == nullptr) {
        ConnectionPlan plan;
        plan.start = Instant{} + *orders.later_client;
        plan.sizes = {1'000};
        config.plans.push_back(plan);
    }
    return config;
}

class CrashWorld final : public ServerSeats {
  public:
    CrashWorld(const Script& script, const CrashOrders& orders);

    CrashResult play();
    std::vector<Step> steps() const { return recorder_.migration(); }

    Host& seat(std::size_t server, NodeHost& node) override;

  private:
    void run_to(Instant limit);
    void perform(const ScriptCall& call);
    void bury();
    void note_channel_loss(const ServerLife& life, const CrashPoint& loss);
    void part(std::size_t server, bool is_over);
    void note_silent_clients();
    bool are_clients_through() const;
    void spare_from(Instant time, Comeback comeback);
    void run_clients();
    void judge_clients();
    void judge_client(std::size_t connection);
    void judge_flow();
    void empty_tables();
    bool are_tables_empty() const;
    void worsen(CrashEnd end) { end_ = std::max(end_, end); }
    ViolationLog& log() { return world_.log(); }
    Instant now() const { return world_.world().now(); }

    const Script& script_;
    std::vector<ServerLife> lives_;
    std::vector<std::unique_ptr<MortalHost>> hosts_;
    std::vector<MortalHost*> running_;
    bool has_extensions_;
    std::unique_ptr<DatagramClient> flow_;
    FarmWorld world_;
    wire::ConnectionTuple watched_;
    StepRecorder recorder_;
    Instant healed_{};
    std::optional<Instant> later_;  // when the client comes that comes afterwards
    Duration quiet_{};              // between the last comeback and that
    bool is_home_gone_ = false;
    std::optional<Instant> home_back_;            // after its last crash
    std::vector<std::optional<bool>> was_alone_;  // of each client that has given up
    bool has_target_crashed_ = false;
    CrashEnd end_ = CrashEnd::Served;
    std::uint64_t crashes_ = 0;
    struct Parting {
        std::size_t server = 0;
        Instant end;
    };
    bool has_been_silent_ = false;
    std::vector<Parting> partings_;  // servers that the others cannot hear for so long (EP-33)
};

std::vector<ServerLife> lives_of(const CrashOrders& orders, std::size_t servers) {
    std::vector<ServerLife> lives(servers);
    for (std::size_t i = 0; i < servers; ++i)
        lives[i].server = i;
    for (const CrashPoint& point : orders.points)
        if (point.server < servers) lives[point.server].deaths.push_back(point);
    return lives;
}

CrashWorld::CrashWorld(const Script& script, const CrashOrders& orders)
    : script_(script),
      lives_(lives_of(orders, script.make().farm.servers.size())),
      running_(lives_.size()),
      has_extensions_(script.make().farm.farm.has_extensions),
      flow_(flow_of(script, orders)),
      world_(config_of(script, orders, *this, flow_.get())),
      watched_(flow_ ? flow_->tuple(0) : world_.client().tuple(script.watched)),
      recorder_(world_, lives_, watched_) {
    if (flow_) world_.world().wake(world_.guest_id(0));
    if (const auto later = later_of(script, orders)) later_ = world_.begin() + *later;
    quiet_ = quiet_of(script);
    if (!orders.points.empty()) return;
    world_.add(recorder_);
    for (ServerLife& life : lives_)
        life.watcher = &recorder_;
}

Host& CrashWorld::seat(std::size_t server, NodeHost& node) {
    hosts_.push_back(std::make_unique<MortalHost>(node, lives_[server]));
    running_[server] = hosts_.back().get();
    return *hosts_.back();
}

CrashResult CrashWorld::play() {
    was_alone_.resize(world_.client().connections());
    for (const ScriptCall& call : script_.calls) {
        run_to(world_.begin() + call.at);
        perform(call);
    }
    run_clients();
    judge_clients();
    empty_tables();
    if (const auto stuck = world_.world().stuck_host()) {
        log().add(
            now(), "liveness",
            fmt::format("{} has a deadline that stays in the past", world_.world().name(*stuck)));
    }
    const ScenarioResult found = world_.result();
    if (found.violation_count > 0) worsen(CrashEnd::Failed);
    return {end_,
            crashes_,
            found.trace_hash,
            found.packets,
            found.end,
            found.violation_count,
            found.violations};
}

void CrashWorld::run_to(Instant limit) {
    world_.run_until(limit, [this] {
        note_silent_clients();
        bury();
        return false;
    });
    world_.world().wait_until(limit);
}

void CrashWorld::perform(const ScriptCall& call) {
    const HostId host = world_.roles().servers[call.server].host;
    if (world_.world().is_down(host)) return;
    const Instant host_now = world_.world().host_now(host);
    const bool is_drain = call.to.empty();
    const std::string cause = is_drain ? "drain" : fmt::format("migrate to {}", call.to);
    running_[call.server]->call(cause, host_now, [&](node::Node& node) {
        if (is_drain) return node.start_drain();
        const auto started = node.migrate(watched_, call.to, host_now);
        // After a crash there may be nothing to be moved, or no channel.
        const bool is_alone = crashes_ == 0 && !lives_[call.server].death;
        if (!started && is_alone)
            log().add(now(), "script", std::string("the call fails: ") + started.error().text);
    });
    world_.world().wake(host);
    bury();
}

// From its beginning on nobody of the two can say for whom the other one takes it.
void CrashWorld::part(std::size_t server, bool is_over) {
    const auto& servers = world_.roles().servers;
    for (std::size_t other = 0; other < servers.size(); ++other) {
        if (other == server) continue;
        if (is_over) {
            world_.join(servers[server].host, servers[other].host);
        } else {
            world_.part(servers[server].host, servers[other].host);
        }
    }
}

void CrashWorld::note_channel_loss(const ServerLife& life, const CrashPoint& loss) {
    healed_ = std::max(healed_, now() + absence_of(loss.comeback));
    if (loss.comeback == Comeback::ChannelsEnded) return;
    const bool is_first = !std::exchange(has_been_silent_, true);
    if (loss.comeback == Comeback::ChannelsSilent && is_first) return;
    part(life.server, false);
    partings_.push_back({life.server, now() + kChannelDeath});
}

void CrashWorld::bury() {
    std::erase_if(partings_, [this](const Parting& parting) {
        const bool is_over = parting.end <= now();
        if (is_over) part(parting.server, true);
        return is_over;
    });
    for (ServerLife& life : lives_) {
        const auto death = std::exchange(life.death, std::nullopt);
        if (!death) continue;
        ++crashes_;
        if (is_channel_loss(death->comeback)) {
            note_channel_loss(life, *death);
            continue;
        }
        has_target_crashed_ = has_target_crashed_ || life.server != kHome;
        const HostId host = world_.roles().servers[life.server].host;
        world_.crash(host);
        if (death->comeback == Comeback::Never) {
            healed_ = std::max(healed_, now());
            is_home_gone_ = is_home_gone_ || life.server == kHome;
            continue;
        }
        Trouble restart;
        restart.kind = Trouble::Kind::Restart;
        restart.host = host;
        restart.at = now() + absence_of(death->comeback);
        healed_ = std::max(healed_, restart.at);
        if (life.server == kHome) home_back_ = restart.at;
        world_.troubles().add(restart);
        world_.troubles().sort();
    }
}

// Between any two events. Whose home has come back for less than the pause between two of its
// packets before its patience ends has had nobody to tell it (EP-20).
void CrashWorld::note_silent_clients() {
    const SimClient& client = world_.client();
    for (std::size_t i = 0; i < client.connections(); ++i) {
        if (was_alone_[i] || client.fate(i) != ClientFate::Silence) continue;
        was_alone_[i] = home_back_ && now() < *home_back_ + kLongestPause;
    }
}

bool CrashWorld::are_clients_through() const {
    const SimClient& client = world_.client();
    for (std::size_t i = 0; i < client.connections(); ++i)
        if (client.fate(i) == ClientFate::Waiting) return false;
    return !flow_ || !later_ || flow_->has_said_all();
}

// From then on no server dies that would come back so late.
void CrashWorld::spare_from(Instant time, Comeback comeback) {
    run_to(std::max(time, now()));
    for (ServerLife& life : lives_)
        std::erase_if(life.deaths,
                      [comeback](const CrashPoint& point) { return point.comeback == comeback; });
}

// A second crash may move the end of all trouble, but not so far that it is there when the client
// comes that must be served.
void CrashWorld::run_clients() {
    if (later_) {
        using enum Comeback;
        for (const Comeback comeback :
             {Long, ChannelsDead, ChannelsSilent, Short, Never, ChannelsEnded})
            spare_from(*later_ - quiet_ - absence_of(comeback), comeback);
    }
    for (;;) {
        const Instant limit =
            std::max(healed_ + kCrashBound, later_.value_or(Instant{}) + kServing);
        const bool is_enough = world_.run_until(limit, [this] {
            note_silent_clients();
            bury();
            return now() >= healed_ && are_clients_through();
        });
        if (is_enough || limit >= healed_ + kCrashBound) return;
    }
}

void CrashWorld::judge_clients() {
    for (std::size_t i = 0; i < world_.client().connections(); ++i)
        judge_client(i);
    world_.end_clients();
    if (flow_) judge_flow();
}

// Who comes when all is over is served as if nothing had been: each word has one answer.
void CrashWorld::judge_flow() {
    run_to(now() + kAnswering);
    if (later_) return flow_->report(now(), log());
    flow_->report_answers(now(), log());
    if (is_home_gone_) worsen(CrashEnd::Gone);
}

// What no crash excuses is a violation already, or will be one when the clients are ended.
void CrashWorld::judge_client(std::size_t connection) {
    const SimClient& client = world_.client();
    switch (client.fate(connection)) {
        case ClientFate::Served:
            return;
        case ClientFate::Reset:
            return worsen(CrashEnd::Reset);
        case ClientFate::Silence:
        case ClientFate::Waiting:
            break;
    }
    if (!client.is_excused(connection)) return;
    if (is_home_gone_ || was_alone_[connection].value_or(false)) return worsen(CrashEnd::Gone);
    if (!has_extensions_ && has_target_crashed_) return worsen(CrashEnd::Limit);
    log().add(now(), "liveness",
              fmt::format("{} is neither served nor reset within {} s",
                          client.tuple(connection).to_string(),
                          kCrashBound.to_microseconds() / 1'000'000));
}

void CrashWorld::empty_tables() {
    world_.run_until(now() + kEmptying, [this] {
        bury();
        return are_tables_empty();
    });
    for (std::size_t i = 0; i < world_.servers(); ++i) {
        const NodeHost& node = world_.node(i);
        if (node.is_down()) continue;
        if (node.node().flow_table().size() > 0)
            log().add(now(), "SEC-5", fmt::format("{} still has a flow", node.node().self().name));
        for (const TableRow& row : node.tables().rows) {
            // In the base set nobody tells an idle endpoint that its home has forgotten it.
            const std::size_t connection = row.tuple.client_port - SimClient::kFirstPort;
            if (!has_extensions_ && world_.client().is_excused(connection)) {
                worsen(CrashEnd::Limit);
                continue;
            }
            log().add(now(), "SEC-5",
                      fmt::format("{} still has {} in {}", node.node().self().name,
                                  row.tuple.to_string(), row.table));
        }
    }
}

bool CrashWorld::are_tables_empty() const {
    for (std::size_t i = 0; i < world_.servers(); ++i) {
        const NodeHost& node = world_.node(i);
        if (!node.is_down() && !node.are_tables_empty()) return false;
    }
    return true;
}

}  // namespace

std::string_view to_string(CrashEnd end) {
    switch (end) {
        case CrashEnd::Served:
            return "served";
        case CrashEnd::Reset:
            return "reset";
        case CrashEnd::Gone:
            return "gone";
        case CrashEnd::Limit:
            return "limit";
        case CrashEnd::Failed:
            return "failed";
    }
    return "";
}

CrashResult play(const Script& script, const CrashOrders& orders) {
    return CrashWorld(script, orders).play();
}

std::vector<Step> steps_of(const Script& script) {
    CrashWorld world(script, {});
    const CrashResult result = world.play();
    return result.violation_count == 0 ? world.steps() : std::vector<Step>();
}

CrashOrders orders_for(std::vector<CrashPoint> points, Duration last_crash) {
    CrashOrders orders;
    Duration later = last_crash + kLaterClient;
    bool is_home_gone = false;
    for (const CrashPoint& point : points) {
        if (point.comeback == Comeback::Never) is_home_gone = is_home_gone || point.server == kHome;
        later = later + absence_of(point.comeback);
    }
    if (!is_home_gone) orders.later_client = later;
    orders.points = std::move(points);
    return orders;
}

}  // namespace shunt::sim
