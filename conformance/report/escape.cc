// SPDX-License-Identifier: Apache-2.0
#include "report/escape.hh"

namespace conform {
namespace {

char printable_ascii(char c) {
    return c >= ' ' && c <= '~' ? c : '?';
}

}  // namespace

std::string escape_markup(std::string_view text) {
    std::string escaped;
    escaped.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '&':
                escaped += "&amp;";
                break;
            case '<':
                escaped += "&lt;";
                break;
            case '>':
                escaped += "&gt;";
                break;
            case '"':
                escaped += "&quot;";
                break;
            case '\'':
                escaped += "&#39;";
                break;
            case '\n':
            case '\t':
                escaped += c;
                break;
            default:
                escaped += printable_ascii(c);
        }
    }
    return escaped;
}

std::string one_line(std::string_view text) {
    std::string line(text);
    for (char& c : line)
        c = c == '\n' || c == '\t' ? ' ' : printable_ascii(c);
    return line;
}

std::string escape_tap(std::string_view text) {
    std::string escaped;
    for (const char c : one_line(text)) {
        if (c == '#' || c == '\\') escaped += '\\';
        escaped += c;
    }
    return escaped;
}

}  // namespace conform
