// SPDX-License-Identifier: Apache-2.0
// shuntctl: the control socket of a shunt-node, for people and scripts.
#include <cstdlib>

#include "shunt/app/ctl/options.hh"
#include "shunt/app/ctl/program.hh"
#include "shunt/app/program.hh"

namespace shunt::app::ctl {
namespace {

ParsedOptions<Options> parse(const std::vector<std::string>& arguments) {
    return parse_options(arguments, std::getenv("SHUNT_CONTROL"));
}

}  // namespace
}  // namespace shunt::app::ctl

int main(int count, char** values) {
    return shunt::app::run_program("shuntctl", count, values, shunt::app::ctl::parse,
                                   shunt::app::ctl::run);
}
