// SPDX-License-Identifier: Apache-2.0
/// Which case a seed and an index name: states and Types evenly, values where something changes.
#include <fmt/format.h>

#include <algorithm>

#include "engine/random.hh"
#include "fuzzing/fuzz_case.hh"

namespace conform::fuzzing {
namespace {

using Kind = Mutation::Kind;

/// Behind Ethernet, of a frame as these cases have it; of a forwarded one about as long.
std::size_t usual_size(const FrameForm& form) {
    constexpr std::size_t kServiceAndFlow = 10;
    if (form.is_control()) return 40;
    switch (form.type) {
        case EncapsulationType::Connection:
            return kEncapsulationHeaderSize +
                   (form.is_of_flow ? kServiceAndFlow : ConnectionInformation::kSize);
        case EncapsulationType::Forwarded:
            return kEncapsulationHeaderSize + (form.is_of_flow ? 32 : 104);
        case EncapsulationType::Acknowledgement:
            return kEncapsulationHeaderSize + (form.has_extensions ? IdentifiedCopy::kSize : 0);
        case EncapsulationType::Data:
            return kEncapsulationHeaderSize + 54;
        case EncapsulationType::Missing:
            return kEncapsulationHeaderSize + 25;
        case EncapsulationType::Reject:
        case EncapsulationType::Release:
        case EncapsulationType::Go:
        case EncapsulationType::Challenge:
            return kEncapsulationHeaderSize + 20;
    }
    return kEncapsulationHeaderSize;
}

class Draw {
    bool is_one_in(std::uint32_t count) { return random_.below(count) == 0; }

    template <class List>
    const auto& one_of(const List& list) {
        return *(std::begin(list) + random_.below(static_cast<std::uint32_t>(std::size(list))));
    }

  public:
    Draw(std::uint64_t seed, std::uint64_t index, const FuzzFarm& farm)
        : random_(seed, fmt::format("fuzz/{}", index)),
          farm_(farm),
          state_(is_of_channel(index, farm) ? SubjectState::Channel : one_of(states_of(farm))) {}

    FuzzCase draw() {
        FuzzCase fuzz;
        fuzz.state = state_;
        const std::size_t stimuli = is_one_in(4) ? 2 + random_.below(2) : 1;
        for (std::size_t i = 0; i < stimuli; ++i)
            fuzz.stimuli.push_back(stimulus());
        return fuzz;
    }

  private:
    Stimulus stimulus() {
        Stimulus stimulus;
        if (state_ == SubjectState::Channel) {
            stimulus.control_kind = one_of(control_kinds());
        } else {
            stimulus.type = one_of(types_of(farm_.has_extensions));
        }
        const FrameForm form = form_of(stimulus, state_, farm_.has_extensions);
        if (is_one_in(16)) {  // right, and repeated or out of its turn
            stimulus.times = 1 + random_.below(4);
            return stimulus;
        }
        const std::size_t mutations = is_one_in(4) ? 2 + random_.below(2) : 1;
        for (std::size_t i = 0; i < mutations; ++i)
            stimulus.mutations.push_back(mutation(form));
        if (!form.is_control()) {
            stimulus.repairs.transport = !is_one_in(4);
            stimulus.repairs.inner = !is_one_in(4);
        }
        stimulus.repairs.header = !is_one_in(4);
        if (is_one_in(8)) stimulus.times = 2 + random_.below(3);
        return stimulus;
    }

    Mutation mutation(const FrameForm& form) {
        const auto size = static_cast<std::uint32_t>(usual_size(form));
        switch (random_.below(16)) {
            case 0:
                return {.kind = Kind::Cut, .at = random_.below(size)};
            case 1:
                return {.kind = Kind::Pad,
                        .value = random_.below(256),
                        .at = 1 + random_.below(is_one_in(8) ? 1'400 : 64)};
            case 2:
                if (form.is_control()) return field(form);
                return {.kind = Kind::Sender, .name = one_of(sender_names())};
            case 3:
            case 4:
                return {.kind = Kind::Flip,
                        .value = std::uint64_t{1} << random_.below(8),
                        .at = random_.below(size)};
            case 5:
                if (form.is_control()) return field(form);
                if (is_one_in(4))
                    return {.kind = Kind::Nest, .at = 1 + random_.below(is_one_in(8) ? 500 : 4)};
                return address(form);
            default:
                return field(form);
        }
    }

    Mutation address(const FrameForm& form) {
        std::vector<const WireField*> addresses;
        for (const WireField& each : wire_fields(form)) {
            const bool is_address = each.name.ends_with("-ip") || each.name == "ip.source" ||
                                    each.name == "ip.destination";
            if (is_address) addresses.push_back(&each);
        }
        return {.kind = Kind::Address,
                .field = one_of(addresses)->name,
                .name = one_of(address_names())};
    }

    Mutation field(const FrameForm& form) {
        const WireField& field = one_of(wire_fields(form));
        if (field.name == "source-mac")
            return {.kind = Kind::Sender, .name = one_of(sender_names())};
        if (is_one_in(2)) {
            const std::uint64_t step = is_one_in(2) ? 1 : std::uint64_t{1} << random_.below(32);
            return {
                .kind = Kind::Add, .field = field.name, .value = is_one_in(2) ? step : 0 - step};
        }
        return {.kind = Kind::Set, .field = field.name, .value = value(field)};
    }

    /// At 0, 1, in the middle, at the ends; of fields with names for their values one of these.
    std::uint64_t value(const WireField& field) {
        if (field.name == "type" && is_one_in(2))
            return static_cast<std::uint8_t>(one_of(types_of(true)));
        if (field.name == "ether-type" && is_one_in(2)) {
            constexpr std::uint16_t kTypes[] = {0x0007, 0x88B5, 0x0800, 0x0806, 0x8100, 0x86DD};
            return one_of(kTypes);
        }
        if (field.name == "kind" && is_one_in(2)) return random_.below(0x48);
        if (field.name == "protocol" || field.name == "queue" || field.name == "reason")
            return random_.below(8);
        const std::uint64_t top = std::uint64_t{1} << (8 * field.size - 1);
        const std::uint64_t most = top | (top - 1);
        const std::uint64_t values[] = {0,
                                        1,
                                        top - 1,
                                        top,
                                        most - 1,
                                        most,
                                        random_.next_u64() & most,
                                        random_.below(64) & most};
        return one_of(values);
    }

    Random random_;
    const FuzzFarm& farm_;
    SubjectState state_;
};

}  // namespace

bool is_of_channel(std::uint64_t index, const FuzzFarm& farm) {
    constexpr std::uint64_t kOneIn = 16;
    return farm.has_channels && index / kCasesOfASort % kOneIn == kOneIn / 2;
}

FuzzCase draw_case(std::uint64_t seed, std::uint64_t index, const FuzzFarm& farm) {
    return Draw(seed, index, farm).draw();
}

}  // namespace conform::fuzzing
