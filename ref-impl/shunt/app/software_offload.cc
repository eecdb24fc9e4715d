// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/software_offload.hh"

#include <utility>

#include "shunt/stack/segmentation.hh"
#include "shunt/wire/ethernet.hh"

namespace shunt::app {

std::vector<Packet> SoftwareOffload::finish(const Packet& frame) {
    std::vector<Packet> finished;
    stack::Segmentation pieces(frame.bytes(), wire::kEthernetHeaderSize, frame.unfinished(), pool_);
    while (auto piece = pieces.next())
        finished.push_back(std::move(*piece));
    return finished;
}

}  // namespace shunt::app
