// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/load_meter.hh"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "shunt/base/assert.hh"
#include "shunt/runtime/text_file.hh"

namespace shunt::runtime {
namespace {

constexpr std::size_t kFileMax = 64 * 1'024;
/// Of a link that does not say how fast it is.
constexpr std::uint64_t kSpeedUnknownBps = 10'000'000'000;

/// The first number in the text.
std::optional<std::uint64_t> number_in(std::string_view text) {
    const std::size_t begin = text.find_first_of("0123456789");
    if (begin == std::string_view::npos) return std::nullopt;
    std::uint64_t number = 0;
    const auto [stop, error] =
        std::from_chars(text.data() + begin, text.data() + text.size(), number);
    if (error != std::errc{}) return std::nullopt;
    return number;
}

Duration processor_time() {
    timespec time{};
    SHUNT_ASSERT(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0,
                 "every Linux counts a process's time");
    return Duration::seconds(time.tv_sec) + Duration::nanoseconds(time.tv_nsec);
}

std::uint64_t speed_of(const std::string& interface) {
    constexpr std::uint64_t bits_per_megabit = 1'000'000;
    const auto text = read_text_file("/sys/class/net/" + interface + "/speed", kFileMax);
    // A tap has none, or the kernel says -1.
    if (interface.empty() || !text || text->find('-') != std::string::npos) return kSpeedUnknownBps;
    const std::uint64_t megabits = number_in(*text).value_or(0);
    return megabits > 0 ? megabits * bits_per_megabit : kSpeedUnknownBps;
}

std::string text_of(const char* path) {
    const auto text = read_text_file(path, kFileMax);
    return text ? *text : std::string();
}

std::uint16_t per_mille(Duration used, Duration passed) {
    constexpr std::int64_t most = 0xFFFF;
    const std::int64_t share = used.to_nanoseconds() * 1'000 / passed.to_nanoseconds();
    return static_cast<std::uint16_t>(std::clamp<std::int64_t>(share, 0, most));
}

}  // namespace

std::optional<std::uint64_t> available_memory(std::string_view meminfo) {
    constexpr std::uint64_t bytes_per_kilobyte = 1'024;
    const std::size_t at = meminfo.find("MemAvailable:");
    if (at == std::string_view::npos) return std::nullopt;
    const auto kilobytes = number_in(meminfo.substr(at));
    if (!kilobytes) return std::nullopt;
    return *kilobytes * bytes_per_kilobyte;
}

std::optional<std::uint64_t> resident_memory(std::string_view statm, std::uint64_t page_size) {
    const std::size_t behind_size = statm.find(' ');  // the whole size comes first (proc(5))
    if (behind_size == std::string_view::npos) return std::nullopt;
    const auto pages = number_in(statm.substr(behind_size));
    if (!pages) return std::nullopt;
    return *pages * page_size;
}

LoadMeter::LoadMeter(const std::string& front, Instant now)
    : speed_bps_(speed_of(front)), last_(now), last_processor_time_(processor_time()) {}

farm::LocalLoad LoadMeter::measure(std::uint64_t sent_bytes, Instant now) {
    farm::LocalLoad load;
    const Duration passed = std::max(now - last_, Duration::milliseconds(1));
    const Duration used = processor_time() - last_processor_time_;
    load.cpu_per_mille = per_mille(used, passed);
    if (const auto bytes = available_memory(text_of("/proc/meminfo")))
        load.unused_memory_bytes = *bytes;
    const std::uint64_t sent_bits = (sent_bytes - last_sent_bytes_) * 8;
    const std::uint64_t rate =
        sent_bits * 1'000 /
        static_cast<std::uint64_t>(std::max<std::int64_t>(1, passed.to_milliseconds()));
    load.unused_bandwidth_bps = speed_bps_ - std::min(speed_bps_, rate);
    load.process = static_cast<std::uint32_t>(getpid());
    const auto page_size = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    load.applications.push_back(
        {load.process, resident_memory(text_of("/proc/self/statm"), page_size).value_or(0),
         load.cpu_per_mille});
    last_ = now;
    last_processor_time_ = last_processor_time_ + used;
    last_sent_bytes_ = sent_bytes;
    return load;
}

}  // namespace shunt::runtime
