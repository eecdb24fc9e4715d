// SPDX-License-Identifier: Apache-2.0
// Which figures there are, in the order of the table.
#include "bench/figures/figures.hh"

namespace shunt::bench {

std::vector<Figure> all_figures() {
    std::vector<Figure> all;
    for (auto* part : {engine_figures, table_figures, memory_figures, node_figures,
                       selection_figures, wire_figures, blob_figures}) {
        for (Figure& figure : part())
            all.push_back(std::move(figure));
    }
    return all;
}

}  // namespace shunt::bench
