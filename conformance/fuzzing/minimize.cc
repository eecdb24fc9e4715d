// SPDX-License-Identifier: Apache-2.0
#include "fuzzing/minimize.hh"

#include <utility>

namespace conform::fuzzing {
namespace {

using Kind = Mutation::Kind;

/// Plainer ones of the same kind, the plainest first.
std::vector<Mutation> plainer(const Mutation& mutation) {
    std::vector<Mutation> others;
    const auto with_value = [&](std::uint64_t value) {
        Mutation other = mutation;
        other.value = value;
        if (other != mutation) others.push_back(std::move(other));
    };
    const auto with_size = [&](std::size_t size) {
        Mutation other = mutation;
        other.at = size;
        if (size < mutation.at) others.push_back(std::move(other));
    };
    switch (mutation.kind) {
        case Kind::Set:
            if (mutation.value > 1) {
                with_value(0);
                with_value(1);
            }
            break;
        case Kind::Add:
            if (mutation.value != 1 && mutation.value != UINT64_MAX) {
                with_value(1);
                with_value(UINT64_MAX);
            }
            break;
        case Kind::Pad:
        case Kind::Nest:
            with_size(1);
            with_size(mutation.at / 2);
            break;
        case Kind::Address:
        case Kind::Sender:
        case Kind::Flip:
        case Kind::Cut:
            break;
    }
    return others;
}

class Minimizer {
  public:
    Minimizer(FuzzCase fuzz, const std::function<bool(const FuzzCase&)>& still_fails,
              std::size_t tries_max)
        : fuzz_(std::move(fuzz)), still_fails_(still_fails), tries_left_(tries_max) {}

    FuzzCase minimize() {
        for (bool has_changed = true; has_changed && tries_left_ > 0;) {
            has_changed = leave_out_frames();
            has_changed |= leave_out_mutations();
            has_changed |= leave_out_repetitions();
            has_changed |= leave_out_repairs();
            has_changed |= make_plainer();
        }
        return std::move(fuzz_);
    }

  private:
    bool try_case(FuzzCase candidate) {
        if (candidate == fuzz_ || tries_left_ == 0) return false;
        --tries_left_;
        if (!still_fails_(candidate)) return false;
        fuzz_ = std::move(candidate);
        return true;
    }

    bool leave_out_frames() {
        bool has_changed = false;
        for (std::size_t i = fuzz_.stimuli.size(); i > 0 && fuzz_.stimuli.size() > 1; --i) {
            FuzzCase candidate = fuzz_;
            candidate.stimuli.erase(candidate.stimuli.begin() + static_cast<std::ptrdiff_t>(i) - 1);
            has_changed |= try_case(std::move(candidate));
        }
        return has_changed;
    }

    bool leave_out_mutations() {
        bool has_changed = false;
        for (std::size_t frame = 0; frame < fuzz_.stimuli.size(); ++frame) {
            for (std::size_t i = fuzz_.stimuli[frame].mutations.size(); i > 0; --i) {
                FuzzCase candidate = fuzz_;
                auto& mutations = candidate.stimuli[frame].mutations;
                mutations.erase(mutations.begin() + static_cast<std::ptrdiff_t>(i) - 1);
                has_changed |= try_case(std::move(candidate));
            }
        }
        return has_changed;
    }

    bool leave_out_repetitions() {
        bool has_changed = false;
        for (std::size_t frame = 0; frame < fuzz_.stimuli.size(); ++frame) {
            FuzzCase candidate = fuzz_;
            candidate.stimuli[frame].times = 1;
            has_changed |= try_case(std::move(candidate));
        }
        return has_changed;
    }

    bool leave_out_repairs() {
        bool has_changed = false;
        for (std::size_t frame = 0; frame < fuzz_.stimuli.size(); ++frame) {
            for (bool Repairs::*const part :
                 {&Repairs::transport, &Repairs::inner, &Repairs::header}) {
                FuzzCase candidate = fuzz_;
                candidate.stimuli[frame].repairs.*part = false;
                has_changed |= try_case(std::move(candidate));
            }
        }
        return has_changed;
    }

    bool make_plainer() {
        bool has_changed = false;
        for (std::size_t frame = 0; frame < fuzz_.stimuli.size(); ++frame) {
            for (std::size_t i = 0; i < fuzz_.stimuli[frame].mutations.size(); ++i) {
                for (Mutation& other : plainer(fuzz_.stimuli[frame].mutations[i])) {
                    FuzzCase candidate = fuzz_;
                    candidate.stimuli[frame].mutations[i] = std::move(other);
                    if (!try_case(std::move(candidate))) continue;
                    has_changed = true;
                    break;
                }
            }
        }
        return has_changed;
    }

    FuzzCase fuzz_;
    const std::function<bool(const FuzzCase&)>& still_fails_;
    std::size_t tries_left_;
};

}  // namespace

FuzzCase minimized(FuzzCase fuzz, const std::function<bool(const FuzzCase&)>& still_fails,
                   std::size_t tries_max) {
    return Minimizer(std::move(fuzz), still_fails, tries_max).minimize();
}

}  // namespace conform::fuzzing
