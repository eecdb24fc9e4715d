// SPDX-License-Identifier: Apache-2.0
// Plays files to a fuzz target without a fuzzer: corpora and crashes under any compiler.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "fuzz_target.hh"

namespace {

using std::filesystem::path;

// Files of a folder in the order of their names, so that every run is the same.
std::vector<path> files_below(const path& place) {
    if (!std::filesystem::is_directory(place)) return {place};
    std::vector<path> files;
    for (const auto& entry : std::filesystem::directory_iterator(place)) {
        if (entry.is_regular_file() && entry.path().extension() != ".md")
            files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

bool play(const path& file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) {
        std::fprintf(stderr, "replay: %s cannot be read\n", file.c_str());
        return false;
    }
    const std::vector<char> content{std::istreambuf_iterator<char>(stream), {}};
    // A vector of just this size, so that a sanitizer sees the first byte past it.
    const std::vector<std::uint8_t> bytes(content.begin(), content.end());
    std::printf("%s\n", file.c_str());
    std::fflush(stdout);  // the last line names the file that an abort is about
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    return true;
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 2) {
        std::fprintf(stderr, "usage: %s FILE-OR-FOLDER..\n", arguments[0]);
        return 2;
    }
    std::size_t played = 0;
    for (int i = 1; i < count; ++i) {
        for (const path& file : files_below(arguments[i])) {
            if (!play(file)) return 2;
            ++played;
        }
    }
    std::printf("replay: %zu files\n", played);
    return played > 0 ? 0 : 2;
}
