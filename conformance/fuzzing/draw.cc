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
std::size_t usual_size(EncapsulationType type, bool has_extensions) {
    switch (type) {
        case EncapsulationType::Connection:
            return kEncapsulationHeaderSize + ConnectionInformation::kSize;
        case EncapsulationType::Forwarded:
            return kEncapsulationHeaderSize + 104;
        case EncapsulationType::Acknowledgement:
            return kEncapsulationHeaderSize + (has_extensions ? IdentifiedCopy::kSize : 0);
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
    Draw(std::uint64_t seed, std::uint64_t index, bool has_extensions)
        : random_(seed, fmt::format("fuzz/{}", index)), has_extensions_(has_extensions) {}

    FuzzCase draw() {
        FuzzCase fuzz;
        do {
            fuzz.state = one_of(kSubjectStates);
        } while (fuzz.state == SubjectState::Incomplete && !has_extensions_);
        const std::size_t stimuli = is_one_in(4) ? 2 + random_.below(2) : 1;
        for (std::size_t i = 0; i < stimuli; ++i)
            fuzz.stimuli.push_back(stimulus());
        return fuzz;
    }

  private:
    Stimulus stimulus() {
        Stimulus stimulus;
        stimulus.type = one_of(types_of(has_extensions_));
        if (is_one_in(16)) {  // right, and repeated or out of its turn
            stimulus.times = 1 + random_.below(4);
            return stimulus;
        }
        const std::size_t mutations = is_one_in(4) ? 2 + random_.below(2) : 1;
        for (std::size_t i = 0; i < mutations; ++i)
            stimulus.mutations.push_back(mutation(stimulus.type));
        stimulus.repairs.transport = !is_one_in(4);
        stimulus.repairs.inner = !is_one_in(4);
        stimulus.repairs.header = !is_one_in(4);
        if (is_one_in(8)) stimulus.times = 2 + random_.below(3);
        return stimulus;
    }

    Mutation mutation(EncapsulationType type) {
        const auto size = static_cast<std::uint32_t>(usual_size(type, has_extensions_));
        switch (random_.below(16)) {
            case 0:
                return {.kind = Kind::Cut, .at = random_.below(size)};
            case 1:
                return {.kind = Kind::Pad,
                        .value = random_.below(256),
                        .at = 1 + random_.below(is_one_in(8) ? 1'400 : 64)};
            case 2:
                return {.kind = Kind::Sender, .name = one_of(sender_names())};
            case 3:
            case 4:
                return {.kind = Kind::Flip,
                        .value = std::uint64_t{1} << random_.below(8),
                        .at = random_.below(size)};
            case 5:
                if (is_one_in(4))
                    return {.kind = Kind::Nest, .at = 1 + random_.below(is_one_in(8) ? 500 : 4)};
                return address(type);
            default:
                return field(type);
        }
    }

    Mutation address(EncapsulationType type) {
        std::vector<const WireField*> addresses;
        for (const WireField& each : wire_fields(type, has_extensions_)) {
            const bool is_address = each.name.ends_with("-ip") || each.name == "ip.source" ||
                                    each.name == "ip.destination";
            if (is_address) addresses.push_back(&each);
        }
        return {.kind = Kind::Address,
                .field = one_of(addresses)->name,
                .name = one_of(address_names())};
    }

    Mutation field(EncapsulationType type) {
        const WireField& field = one_of(wire_fields(type, has_extensions_));
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
    bool has_extensions_;
};

}  // namespace

FuzzCase draw_case(std::uint64_t seed, std::uint64_t index, bool has_extensions) {
    return Draw(seed, index, has_extensions).draw();
}

}  // namespace conform::fuzzing
