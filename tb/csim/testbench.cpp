// SPDX-License-Identifier: Apache-2.0
// Bit-for-bit C simulation: feeds events to the firmware and compares every word with the reference, as integers.
//
// Usage: testbench [VECTORS [RESULT]]      VECTORS: a file, or - for standard input (default tb_data/vectors.bin)
//                                          RESULT: where the JSON result goes (default: standard output)
// Exit code: 0 every word agrees; 1 a word differs; 2 VECTORS is missing or damaged; 3 the firmware wrote too few or
// too many words.
//
// VECTORS is little-endian, 32-bit integers after the first 8 bytes:
//     8 bytes  "JETSIM01"
//     uint32   number of events, then number of compared tensors T
//     uint32   T numbers: positions in the table `tensors` of simulation.h, in the order of the table
//     each event: int32 mantissas of the image, then those of each compared tensor, (row, column, channel) order
// One event is in memory at a time. A tensor that is no output is traced through hls4ml's hooks.
//
// simulation.h is generated beside the firmware: the streams, the call of the top function, the table of tensors.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "simulation.h"

#include "firmware/nnet_utils/nnet_helpers.h"

namespace nnet { // what hls4ml's trace hooks refer to
bool trace_enabled = false;
std::map<std::string, void *> *trace_outputs = nullptr;
size_t trace_type_size = sizeof(double); // exact up to 53 bits; the graph's rule is 24
} // namespace nnet

namespace {

struct comparison {
    const simulation::tensor *tensor;
    std::vector<int32_t> expected;
    std::vector<double> traced; // real values, filled by the firmware
    uint64_t words, differing;
    long long first[6]; // event, row, column, channel, expected, found
};

bool read_words(FILE *file, void *target, size_t words) { return std::fread(target, 4, words, file) == words; }

int damaged(const char *what) {
    std::fprintf(stderr, "testbench: the vectors are missing or damaged: %s\n", what);
    return 2;
}

void compare(comparison &c, size_t word, unsigned event, long long found) {
    const long long expected = c.expected[word];
    c.words++;
    if (expected == found) {
        return;
    }
    if (c.differing++ == 0) {
        const simulation::tensor &t = *c.tensor;
        const long long where[6] = {event,
                                    static_cast<long long>(word / t.channels / t.columns),
                                    static_cast<long long>(word / t.channels % t.columns),
                                    static_cast<long long>(word % t.channels),
                                    expected,
                                    found};
        std::memcpy(c.first, where, sizeof where);
    }
}

// The mantissa of an ap_fixed or ap_int: its bits as an integer.
template <class T> long long mantissa(const T &value) {
    return std::llround(std::ldexp(value.to_double(), T::width - T::iwidth));
}

// Reads every output stream to its end; compares where the vectors hold the expected words.
struct output_reader {
    std::map<int, comparison *> wanted;
    unsigned event;
    bool complete;

    template <class T> void operator()(int index, hls::stream<T> &stream) {
        const simulation::tensor *shape = nullptr;
        for (unsigned i = 0; i < simulation::n_tensors; i++) {
            if (simulation::tensors[i].output == index) {
                shape = &simulation::tensors[i];
            }
        }
        const size_t pixels = size_t(shape->rows) * shape->columns;
        if (stream.size() != pixels) {
            std::fprintf(stderr, "testbench: event %u: %s has %zu pixels, %zu were expected\n", event, shape->node,
                         size_t(stream.size()), pixels);
            complete = false;
            return;
        }
        for (size_t pixel = 0; pixel < pixels; pixel++) {
            const T word = stream.read();
            for (unsigned c = 0; wanted.count(index) && c < T::size; c++) {
                compare(*wanted[index], pixel * T::size + c, event, mantissa(word[c]));
            }
        }
    }
};

void print_result(FILE *file, unsigned events, const std::vector<comparison> &comparisons) {
    static const char *const names[6] = {"event", "row", "column", "channel", "expected", "found"};
    std::fprintf(file, "{\"events\": %u, \"nodes\": [", events);
    for (size_t i = 0; i < comparisons.size(); i++) {
        const comparison &c = comparisons[i];
        std::fprintf(file, "%s\n {\"node\": \"%s\", \"words\": %llu, \"differing\": %llu, \"first\": ", i ? "," : "",
                     c.tensor->node, static_cast<unsigned long long>(c.words),
                     static_cast<unsigned long long>(c.differing));
        for (int k = 0; c.differing && k < 6; k++) {
            std::fprintf(file, "%s\"%s\": %lld", k ? ", " : "{", names[k], c.first[k]);
        }
        std::fprintf(file, c.differing ? "}}" : "null}");
    }
    std::fprintf(file, "\n]}\n");
}

int simulate(FILE *vectors, const char *result) {
    char magic[8];
    uint32_t counts[2];
    if (std::fread(magic, 1, 8, vectors) != 8 || std::memcmp(magic, "JETSIM01", 8) != 0) {
        return damaged("they do not start with JETSIM01");
    }
    if (!read_words(vectors, counts, 2) || counts[1] > simulation::n_tensors) {
        return damaged("the header ends early or names too many tensors");
    }
    std::vector<comparison> comparisons(counts[1]);
    std::map<std::string, void *> traced;
    output_reader reader;
    reader.complete = true;
    for (size_t i = 0; i < comparisons.size(); i++) {
        comparison &c = comparisons[i];
        uint32_t position;
        if (!read_words(vectors, &position, 1) || position >= simulation::n_tensors) {
            return damaged("the header ends early or names a tensor that does not exist");
        }
        const simulation::tensor &t = simulation::tensors[position];
        c.tensor = &t;
        c.words = c.differing = 0;
        c.expected.resize(size_t(t.rows) * t.columns * t.channels);
        if (t.output >= 0) {
            reader.wanted[t.output] = &c;
        } else {
            c.traced.resize(c.expected.size());
            traced[t.layer] = c.traced.data();
        }
    }
    // A hook reports a layer that it does not find, so every layer gets a place to write to, compared or not.
    std::vector<std::vector<double>> unused;
    for (unsigned i = 0; !traced.empty() && i < simulation::n_tensors; i++) {
        const simulation::tensor &t = simulation::tensors[i];
        if (!traced.count(t.layer)) {
            unused.push_back(std::vector<double>(size_t(t.rows) * t.columns * t.channels));
            traced[t.layer] = unused.back().data();
        }
    }
    nnet::trace_enabled = !traced.empty();
    nnet::trace_outputs = &traced;

    const unsigned pixels = simulation::image_rows * simulation::image_columns;
    std::vector<int32_t> image(size_t(pixels) * simulation::image_channels);
    simulation::streams streams;
    unsigned event = 0;
    for (; event < counts[0] && reader.complete; event++) {
        if (!read_words(vectors, image.data(), image.size())) {
            return damaged("an image ends early");
        }
        for (size_t i = 0; i < comparisons.size(); i++) {
            if (!read_words(vectors, comparisons[i].expected.data(), comparisons[i].expected.size())) {
                return damaged("the expected words end early");
            }
        }
        for (unsigned pixel = 0; pixel < pixels; pixel++) {
            simulation::image_t word;
            for (unsigned c = 0; c < simulation::image_channels; c++) {
                word[c] = std::ldexp(double(image[pixel * simulation::image_channels + c]), -simulation::image_fraction);
            }
            streams.image.write(word);
        }
        simulation::run(streams);
        reader.event = event;
        simulation::outputs(streams, reader);
        for (size_t i = 0; i < comparisons.size(); i++) {
            comparison &c = comparisons[i];
            for (size_t word = 0; word < c.traced.size(); word++) {
                compare(c, word, event, std::llround(std::ldexp(c.traced[word], c.tensor->fraction)));
            }
        }
        if (!streams.image.empty()) {
            std::fprintf(stderr, "testbench: event %u: the firmware left %zu pixels unread\n", event,
                         size_t(streams.image.size()));
            reader.complete = false;
        }
    }
    if (!reader.complete) {
        return 3;
    }
    FILE *file = result ? std::fopen(result, "w") : stdout;
    if (!file) {
        std::fprintf(stderr, "testbench: %s cannot be written\n", result);
        return 2;
    }
    print_result(file, event, comparisons);
    if (result && std::fclose(file) != 0) {
        std::fprintf(stderr, "testbench: %s cannot be written\n", result);
        return 2;
    }
    for (size_t i = 0; i < comparisons.size(); i++) {
        if (comparisons[i].differing) {
            return 1;
        }
    }
    return 0;
}

} // namespace

int main(int argc, char **argv) {
    const char *path = argc > 1 ? argv[1] : "tb_data/vectors.bin";
    const bool standard = std::strcmp(path, "-") == 0;
    FILE *vectors = standard ? stdin : std::fopen(path, "rb");
    if (!vectors) {
        return damaged(path);
    }
    const int code = simulate(vectors, argc > 2 ? argv[2] : nullptr);
    if (!standard) {
        std::fclose(vectors);
    }
    return code;
}
