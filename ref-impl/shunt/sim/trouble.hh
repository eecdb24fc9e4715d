// SPDX-License-Identifier: Apache-2.0
// What befalls links and hosts, and when: a plan that is drawn before a world begins, so that what
// happens in the world does not shift it. It ends with everything as it was, but for clocks and
// MTUs.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "shunt/base/rng.hh"
#include "shunt/base/time.hh"
#include "shunt/sim/ids.hh"
#include "shunt/sim/world.hh"

namespace shunt::sim {

struct Trouble {
    enum class Kind : std::uint8_t {
        Cut,        ///< The lane from `host` to `other` loses everything.
        Clog,       ///< It holds everything back.
        Open,       ///< It carries again.
        Pause,      ///< `host` does nothing for a while.
        Resume,     ///< And goes on.
        Crash,      ///< `host` is gone with all that it knew.
        Restart,    ///< It begins anew.
        JumpClock,  ///< Its clock goes forward by `amount`.
        FastClock,  ///< Its clock gains `parts_per_million` from now on.
        Mtu,        ///< The segment carries packets of `mtu` bytes at most.
    };

    Instant at;
    Kind kind{};
    SegmentId segment{};
    HostId host{};
    HostId other{};
    Duration amount{};
    std::uint32_t parts_per_million = 0;
    std::size_t mtu = 0;
};

/// One line for people, e.g. "1200000 us: cut back s1 > s2".
std::string describe(const Trouble& trouble, const World& world);

class TroublePlan {
  public:
    /// Makes the host that takes the place of one that crashed.
    using MakeHost = std::function<Host&(HostId host)>;

    void add(const Trouble& trouble) { troubles_.push_back(trouble); }
    /// To be called once, when all is added: earliest first, as added where equal.
    void sort();
    std::optional<Instant> next() const;
    /// What is due at next(), for the caller to look at before apply().
    const Trouble& front() const { return troubles_.at(done_); }
    /// Does the first one; the world's time is next().
    void apply(World& world, const MakeHost& make_host);
    const std::vector<Trouble>& all() const { return troubles_; }

  private:
    std::vector<Trouble> troubles_;
    std::size_t done_ = 0;
};

/// The directions between hosts that a plan may stop.
struct LaneName {
    SegmentId segment{};
    HostId from{};
    HostId to{};
};

/// When troubles may happen: `begin` included, all ended at `end`.
struct TroubleSpan {
    Instant begin;
    Instant end;
};

/// A random subset of the lanes stops, one after the other, and resumes in another random order
/// ("swizzle"); each keeps back, or loses, what is sent meanwhile.
void add_swizzle(TroublePlan& plan, Rng& rng, const std::vector<LaneName>& lanes, TroubleSpan span);
/// The host pauses once, or (if it `loses_state`) crashes and restarts.
void add_outage(TroublePlan& plan, Rng& rng, HostId host, bool loses_state, TroubleSpan span);
/// The segment carries shorter packets than before from some moment on, 552 bytes at least, and
/// for good: a path MTU that is found is kept.
void add_mtu_trouble(TroublePlan& plan, Rng& rng, SegmentId segment, TroubleSpan span);
/// The host's clock jumps forward by up to `most`, and runs fast for a while.
void add_clock_trouble(TroublePlan& plan, Rng& rng, HostId host, Duration most, TroubleSpan span);

}  // namespace shunt::sim
