// SPDX-License-Identifier: Apache-2.0
// Clients whose connections are moved while they work: says at once which connections there are,
// one line of JSON, works until its work is done or standard input ends, and says what came.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/moves/moved_connection.hh"

namespace shunt::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Connections = std::vector<std::unique_ptr<MovedConnection>>;

constexpr std::uint16_t kPort = 80;
constexpr std::uint64_t kExchangeBytes = 64 * 1024;
constexpr std::uint64_t kExchangesAtOnce = 2;
constexpr std::uint64_t kPingBytes = 128;
constexpr std::uint64_t kLiveBytes = 20'000;

struct Setting {
    const char* address = nullptr;
    std::string_view verb;
    std::uint64_t count = 0;
    const char* samples = nullptr;  // the file of a ping
};

/// Sums over connections.
struct Outcome {
    std::uint64_t answers = 0;
    std::uint64_t bytes = 0;
    std::uint64_t wrong = 0;
    std::uint64_t lost = 0;
    std::uint64_t long_gaps = 0;
    Clock::duration longest_gap{};

    void add(const HttpReader& reader) {
        bytes += reader.body_bytes();
        wrong += reader.wrong();
        long_gaps += reader.long_gaps();
        longest_gap = std::max(longest_gap, reader.longest_gap());
    }
};

bool is_input_over() {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (poll(&input, 1, 0) <= 0) return false;
    char byte = 0;
    return read(STDIN_FILENO, &byte, 1) <= 0;
}

void say_who(const Connections& connections) {
    std::vector<std::string> names;
    for (const auto& connection : connections)
        names.push_back(fmt::format("\"{}\"", connection->name()));
    fmt::print("{{\"connections\":[{}]}}\n", fmt::join(names, ","));
    std::fflush(stdout);
}

void say(const Outcome& outcome, Clock::duration time) {
    using Milliseconds = std::chrono::duration<double, std::milli>;
    fmt::print(
        "{{\"answers\":{},\"bytes\":{},\"seconds\":{:.6f},\"wrong\":{},\"lost\":{},"
        "\"long_gaps\":{},\"longest_gap_ms\":{:.3f}}}\n",
        outcome.answers, outcome.bytes, std::chrono::duration<double>(time).count(), outcome.wrong,
        outcome.lost, outcome.long_gaps, Milliseconds(outcome.longest_gap).count());
}

void complain(const MovedConnection& connection, const std::exception& error) {
    fmt::print(stderr, "move-client: {}: {}\n", connection.name(), error.what());
}

Connections connect_all(const Setting& setting, std::uint64_t count, int receive_buffer = 0) {
    Connections connections;
    for (std::uint64_t i = 0; i < count; ++i) {
        connections.push_back(
            std::make_unique<MovedConnection>(setting.address, kPort, receive_buffer));
    }
    return connections;
}

/// Uploads and downloads of one connection at once: requests with bodies follow each other without
/// waiting, some at a time, and their answers have bodies too.
class Exchanges {
  public:
    explicit Exchanges(MovedConnection& connection)
        : connection_(connection), writer_([this] { write(); }), reader_([this] { read(); }) {}

    /// No new request. Returns when all are answered.
    void end() {
        is_ending_ = true;
        has_changed_.notify_all();
        writer_.join();
        reader_.join();
    }
    std::uint64_t answers() const { return answered_; }
    bool is_lost() const { return is_lost_; }

  private:
    void write() {
        while (wait([this] { return is_over() || asked_ - answered_ < kExchangesAtOnce; })) {
            ++asked_;
            has_changed_.notify_all();
            attempt([this] { connection_.send_and_ask(kExchangeBytes); });
        }
    }
    void read() {
        const auto has_work = [this] { return is_lost_ || is_ending_ || asked_ > answered_; };
        while (true) {
            {
                std::unique_lock lock(mutex_);
                has_changed_.wait_for(lock, kLook, has_work);
            }
            if (is_lost_ || (is_ending_ && !writer_is_busy_ && asked_ == answered_)) return;
            if (asked_ == answered_) continue;
            attempt([this] {
                connection_.reader().read_answer();
                ++answered_;
            });
            has_changed_.notify_all();
        }
    }
    template <typename Condition>
    bool wait(Condition&& condition) {
        std::unique_lock lock(mutex_);
        writer_is_busy_ = false;
        while (!has_changed_.wait_for(lock, kLook, condition)) {
        }
        if (is_over()) return false;
        writer_is_busy_ = true;
        return true;
    }
    template <typename Work>
    void attempt(Work&& work) {
        try {
            work();
        } catch (const std::exception& error) {
            if (!is_lost_.exchange(true)) complain(connection_, error);
        }
    }
    bool is_over() const { return is_ending_ || is_lost_; }

    /// A change may be missed between a look and a wait.
    static constexpr std::chrono::milliseconds kLook{1};

    MovedConnection& connection_;
    std::mutex mutex_;
    std::condition_variable has_changed_;
    std::atomic<std::uint64_t> asked_ = 0;
    std::atomic<std::uint64_t> answered_ = 0;
    std::atomic<bool> is_ending_ = false;
    std::atomic<bool> is_lost_ = false;
    std::atomic<bool> writer_is_busy_ = true;
    std::thread writer_;
    std::thread reader_;
};

Outcome exchange(const Setting& setting) {
    const Connections connections = connect_all(setting, setting.count);
    std::vector<std::unique_ptr<Exchanges>> all;
    for (const auto& connection : connections)
        all.push_back(std::make_unique<Exchanges>(*connection));
    say_who(connections);
    while (!is_input_over())
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    Outcome outcome;
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i]->end();
        outcome.answers += all[i]->answers();
        if (all[i]->is_lost()) ++outcome.lost;
        outcome.add(connections[i]->reader());
    }
    return outcome;
}

/// One request after the other; when each was made and how long it took, in nanoseconds of
/// CLOCK_MONOTONIC, goes into the file.
Outcome ping(const Setting& setting) {
    const Connections connections = connect_all(setting, 1);
    MovedConnection& connection = *connections.front();
    std::vector<std::int64_t> samples;
    Outcome outcome;
    say_who(connections);
    while (!is_input_over()) {
        const auto start = Clock::now();
        connection.ask(kPingBytes);
        connection.reader().read_answer();
        samples.push_back(std::chrono::nanoseconds(start.time_since_epoch()).count());
        samples.push_back(std::chrono::nanoseconds(Clock::now() - start).count());
        ++outcome.answers;
    }
    const auto size = static_cast<std::streamsize>(samples.size() * sizeof(std::int64_t));
    std::ofstream(setting.samples).write(reinterpret_cast<const char*>(samples.data()), size);
    outcome.add(connection.reader());
    return outcome;
}

/// One object, or one body, of `count` bytes.
Outcome transfer(const Setting& setting) {
    const Connections connections = connect_all(setting, 1);
    MovedConnection& connection = *connections.front();
    Outcome outcome;
    say_who(connections);
    if (setting.verb == "down") {
        connection.ask(setting.count);
    } else {
        connection.upload(setting.count);
        connection.reader().forget_silence();
    }
    connection.reader().read_answer();
    outcome.answers = 1;
    outcome.add(connection.reader());
    return outcome;
}

/// Many connections in turns, each with an answer on its way most of the time.
Outcome keep_alive(const Setting& setting) {
    const Connections connections = connect_all(setting, setting.count, kSmallReceiveBuffer);
    std::vector<bool> is_lost(connections.size());
    Outcome outcome;
    for (const auto& connection : connections)
        connection->ask(kLiveBytes);
    say_who(connections);
    for (bool is_last = false; !is_last;) {
        is_last = is_input_over();
        for (std::size_t i = 0; i < connections.size(); ++i) {
            if (is_lost[i]) continue;
            try {
                connections[i]->reader().read_answer();
                ++outcome.answers;
                if (!is_last) connections[i]->ask(kLiveBytes);
            } catch (const std::exception& error) {
                is_lost[i] = true;
                ++outcome.lost;
                complain(*connections[i], error);
            }
        }
    }
    for (const auto& connection : connections)
        outcome.add(connection->reader());
    return outcome;
}

Outcome run(const Setting& setting) {
    if (setting.verb == "both") return exchange(setting);
    if (setting.verb == "ping") return ping(setting);
    if (setting.verb == "many") return keep_alive(setting);
    return transfer(setting);
}

}  // namespace
}  // namespace shunt::bench

int main(int argc, char** argv) {
    constexpr int arguments = 4;
    shunt::bench::Setting setting;
    const std::string_view count = argc >= arguments ? argv[3] : "";
    std::from_chars(count.data(), count.data() + count.size(), setting.count);
    setting.verb = argc >= arguments ? argv[1] : "";
    const bool is_ping = setting.verb == "ping" && argc == arguments + 1;
    const bool is_other = argc == arguments && (setting.verb == "both" || setting.verb == "down" ||
                                                setting.verb == "up" || setting.verb == "many");
    if (setting.count == 0 || (!is_ping && !is_other)) {
        fmt::print(stderr,
                   "usage: move-client both|many ADDRESS CONNECTIONS\n"
                   "       move-client down|up ADDRESS BYTES\n"
                   "       move-client ping ADDRESS 1 FILE\n");
        return 2;
    }
    setting.address = argv[2];
    setting.samples = is_ping ? argv[arguments] : nullptr;
    try {
        const auto start = shunt::bench::Clock::now();
        const shunt::bench::Outcome outcome = shunt::bench::run(setting);
        shunt::bench::say(outcome, shunt::bench::Clock::now() - start);
        return outcome.lost == 0 && outcome.wrong == 0 ? 0 : 1;
    } catch (const std::exception& error) {
        fmt::print(stderr, "move-client: {}\n", error.what());
        return 3;
    }
}
