// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/line_reader.hh"

namespace shunt::runtime {

void LineReader::push(std::string_view bytes) {
    if (!is_overlong_) buffer_.append(bytes);
}

std::optional<std::string> LineReader::pop() {
    while (!is_overlong_) {
        const std::size_t end = buffer_.find('\n', searched_);
        const std::size_t length = end == std::string::npos ? buffer_.size() : end;
        if (length > length_max_) {
            is_overlong_ = true;
            buffer_.clear();
            return std::nullopt;
        }
        if (end == std::string::npos) {
            searched_ = buffer_.size();
            return std::nullopt;
        }
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        searched_ = 0;
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (!line.empty()) return line;
    }
    return std::nullopt;
}

}  // namespace shunt::runtime
