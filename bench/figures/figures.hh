// SPDX-License-Identifier: Apache-2.0
// The figures by what they measure.
#pragma once

#include <vector>

#include "bench/figure.hh"

namespace shunt::bench {

std::vector<Figure> wire_figures();
std::vector<Figure> engine_figures();
std::vector<Figure> node_figures();
std::vector<Figure> table_figures();
std::vector<Figure> memory_figures();
std::vector<Figure> selection_figures();
std::vector<Figure> blob_figures();

}  // namespace shunt::bench
