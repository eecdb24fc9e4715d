// SPDX-License-Identifier: Apache-2.0
#include "bench/figures/tins_parse.hh"

#include <tins/ethernetII.h>
#include <tins/rawpdu.h>
#include <tins/tcp.h>

#include "shunt/base/assert.hh"

namespace shunt::bench {

Loop tins_parse_of(ByteView frame) {
    return [bytes =
                std::vector<std::uint8_t>(frame.begin(), frame.end())](benchmark::State& state) {
        const auto size = static_cast<std::uint32_t>(bytes.size());
        const Tins::EthernetII probe(bytes.data(), size);
        SHUNT_ASSERT(probe.find_pdu<Tins::TCP>() != nullptr, "libtins reads the frame to its end");
        for (auto _ : state) {
            const Tins::EthernetII parsed(bytes.data(), size);
            benchmark::DoNotOptimize(&parsed);
        }
    };
}

}  // namespace shunt::bench
