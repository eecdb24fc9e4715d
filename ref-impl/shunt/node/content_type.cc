// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/content_type.hh"

#include <algorithm>
#include <array>

namespace shunt::node {
namespace {

struct Ending {
    std::string_view text;
    std::string_view type;
};

constexpr std::array kEndings{
    Ending{".html", "text/html; charset=utf-8"},
    Ending{"/", "text/html; charset=utf-8"},
    Ending{".txt", "text/plain; charset=utf-8"},
    Ending{".log", "text/plain; charset=utf-8"},
    Ending{".css", "text/css; charset=utf-8"},
    Ending{".js", "text/javascript; charset=utf-8"},
    Ending{".json", "application/json"},
    Ending{".svg", "image/svg+xml"},
    Ending{".png", "image/png"},
    Ending{".jpg", "image/jpeg"},
};

}  // namespace

std::string_view content_type_of(std::string_view path) {
    const auto found = std::ranges::find_if(
        kEndings, [&](const Ending& ending) { return path.ends_with(ending.text); });
    return found == kEndings.end() ? "application/octet-stream" : found->type;
}

}  // namespace shunt::node
