// SPDX-License-Identifier: Apache-2.0
// Boxes from the heads: a score a cell, its 3 x 3 maximum, the best of these. All values are integers.
//
// A box or candidate is one word; an empty one has class 0, which is background. Candidate: score, class, offsets,
// regression. Box: class, row, column, score, offsets, regression.
#ifndef JETFLOW_DETECTION_H_
#define JETFLOW_DETECTION_H_

#include "ap_shift_reg.h"
#include "hls_stream.h"
#include "nnet_common.h"

namespace jetflow {

struct candidate_config {
    static const unsigned n_pixels = 1;
    static const unsigned n_offsets = 2;
    static const unsigned n_classes = 2; // with background, which is class 0
    static const unsigned n_regressions = 1;
};

// The heads into one candidate a cell: the class of the largest logit but background's (of equals the first), its
// score logit - background. Fixed-point words become the integers of their bits. One cell a clock.
template <class offsets_T, class classes_T, class regression_T, class res_T, typename CONFIG_T>
void candidates(hls::stream<offsets_T> &offsets, hls::stream<classes_T> &classes, hls::stream<regression_T> &regression,
                hls::stream<res_T> &res) {
Cells:
    for (unsigned i = 0; i < CONFIG_T::n_pixels; i++) {
        #pragma HLS PIPELINE II = 1
        const offsets_T offset = offsets.read();
        const classes_T score = classes.read();
        const regression_T value = regression.read();
        res_T y;
        PRAGMA_DATA_PACK(y)
        typename CONFIG_T::logit_t background, best;
        typename res_T::value_type kind = 1;
        background.range() = score[0].range();
        best.range() = score[1].range();
    Classes:
        for (unsigned c = 2; c < CONFIG_T::n_classes; c++) {
            #pragma HLS UNROLL
            typename CONFIG_T::logit_t logit;
            logit.range() = score[c].range();
            if (logit > best) {
                best = logit;
                kind = c;
            }
        }
        y[0] = best - background;
        y[1] = kind;
    Offsets:
        for (unsigned c = 0; c < CONFIG_T::n_offsets; c++) {
            #pragma HLS UNROLL
            typename CONFIG_T::offset_t mantissa;
            mantissa.range() = offset[c].range();
            y[2 + c] = mantissa;
        }
    Regression:
        for (unsigned c = 0; c < CONFIG_T::n_regressions; c++) {
            #pragma HLS UNROLL
            typename CONFIG_T::regression_t mantissa;
            mantissa.range() = value[c].range();
            y[2 + CONFIG_T::n_offsets + c] = mantissa;
        }
        res.write(y);
    }
}

// `in_*` is the candidates' image with one cell of padding on every side, wrapped in phi.
struct peak_config {
    static const unsigned in_height = 3;
    static const unsigned in_width = 3;
    static const unsigned n_chan = 5; // of a candidate
    static const unsigned n_boxes = 1;
    static const int threshold = 0;
};

// Whether cell a, earlier in the image or not, takes precedence over cell b.
template <class score_T> bool beats(score_T a, score_T b, bool earlier) { return a > b || (a == b && earlier); }

// The boxes of an image by falling score, of equals the lower row, then the lower column. One candidate a clock, then
// one box a clock. Two rows of scores and one of the rest wait in line buffers.
template <class data_T, class res_T, typename CONFIG_T>
void peaks(hls::stream<data_T> &data, hls::stream<res_T> &res) {
    typedef typename data_T::value_type word_t;
    const unsigned rows = CONFIG_T::in_height - 2, columns = CONFIG_T::in_width - 2;

    static ap_shift_reg<word_t, CONFIG_T::in_width> above[2]; // scores of the two rows before
    static ap_shift_reg<word_t, CONFIG_T::in_width> rest[CONFIG_T::n_chan];
    #pragma HLS ARRAY_PARTITION variable=above complete dim=1
    #pragma HLS ARRAY_PARTITION variable=rest complete dim=1
    word_t window[3][3]; // scores around the centre
    word_t centre[CONFIG_T::n_chan], next[CONFIG_T::n_chan];
    res_T boxes[CONFIG_T::n_boxes];
    #pragma HLS ARRAY_PARTITION variable=window complete dim=0
    #pragma HLS ARRAY_PARTITION variable=centre complete
    #pragma HLS ARRAY_PARTITION variable=next complete
    #pragma HLS ARRAY_PARTITION variable=boxes complete

Empty:
    for (unsigned i = 0; i < CONFIG_T::n_boxes; i++) {
        #pragma HLS UNROLL
    EmptyFields:
        for (unsigned f = 0; f < res_T::size; f++) {
            #pragma HLS UNROLL
            boxes[i][f] = 0;
        }
    }

Rows:
    for (unsigned line = 0; line < CONFIG_T::in_height; line++) {
    Columns:
        for (unsigned place = 0; place < CONFIG_T::in_width; place++) {
            #pragma HLS LOOP_FLATTEN
            #pragma HLS PIPELINE II = 1
            const data_T arriving = data.read();
        Shift:
            for (unsigned i = 0; i < 3; i++) {
                #pragma HLS UNROLL
                window[i][0] = window[i][1];
                window[i][1] = window[i][2];
            }
            window[2][2] = arriving[0];
            window[1][2] = above[1].shift(arriving[0]);
            window[0][2] = above[0].shift(window[1][2]);
        Rest:
            for (unsigned c = 0; c < CONFIG_T::n_chan; c++) {
                #pragma HLS UNROLL
                centre[c] = next[c];
                next[c] = rest[c].shift(arriving[c]);
            }

            const unsigned row = line - 2, column = place - 2; // of the centre; meaningless on the padding
            const word_t score = window[1][1];
            bool kept = line >= 2 && place >= 2 && score > CONFIG_T::threshold;
        Neighbours:
            for (unsigned i = 0; i < 3; i++) {
                #pragma HLS UNROLL
                const bool exists = (i != 0 || row != 0) && (i != 2 || row != rows - 1);
            Side:
                for (unsigned j = 0; j < 3; j++) {
                    #pragma HLS UNROLL
                    // In the centre's row, what lies left is earlier unless it is wrapped; alone in its row, a cell
                    // is its own neighbour.
                    const bool left = columns > 1 && (j == 0 ? column != 0 : j == 2 && column == columns - 1);
                    const bool earlier = i == 0 || (i == 1 && left);
                    if (exists && beats(window[i][j], score, earlier)) {
                        kept = false;
                    }
                }
            }

            res_T box;
            PRAGMA_DATA_PACK(box)
            box[0] = centre[1];
            box[1] = row;
            box[2] = column;
            box[3] = score;
        Fields:
            for (unsigned f = 4; f < res_T::size; f++) {
                #pragma HLS UNROLL
                box[f] = centre[f - 2];
            }
            // All boxes below the new one move down by one; equals were found earlier, so they stay above it.
            bool after[CONFIG_T::n_boxes];
            #pragma HLS ARRAY_PARTITION variable=after complete
        Compare:
            for (unsigned i = 0; i < CONFIG_T::n_boxes; i++) {
                #pragma HLS UNROLL
                after[i] = kept && (boxes[i][0] == 0 || boxes[i][3] < box[3]);
            }
        Insert:
            for (unsigned i = CONFIG_T::n_boxes; i > 0; i--) {
                #pragma HLS UNROLL
                if (i > 1 && after[i - 2]) {
                    boxes[i - 1] = boxes[i - 2];
                } else if (after[i - 1]) {
                    boxes[i - 1] = box;
                }
            }
        }
    }

Boxes:
    for (unsigned i = 0; i < CONFIG_T::n_boxes; i++) {
        #pragma HLS PIPELINE II = 1
        res.write(boxes[i]);
    }
}

} // namespace jetflow
#endif
