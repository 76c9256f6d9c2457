"""The last part of a folded layer: few units of jetflow.rtl.shared make the channels of a pixel one after the other."""

from dataclasses import dataclass

from jetflow.graph import Graph
from jetflow.rtl.area import Area, datapath_area
from jetflow.rtl.emit import datapath_module
from jetflow.rtl.plan import Layer
from jetflow.rtl.schedule import schedule
from jetflow.rtl.shared import SharedUnit, shared_unit
from jetflow.rtl.tables import table_module

__all__ = ["Units", "layer_units"]

LEVELS = 2  # of logic between two registers of a unit

_SELECTOR = """\
    // ---- the totals of a pixel leave channel after channel
    logic words_valid;
    logic [{slot_top}:0] slot;
    logic [{words_top}:0] words;
    word_selector #(.LANES({units}), .SLOTS({slots}), .BITS({bits})) selector (
        .clk, .rst, .advance, .in_valid({valid}), .in_words({data}),
        .out_valid(words_valid), .out_slot(slot), .out_words(words)
    );

"""

_UNITS = """\
    // ---- {units} units compute {channels} channels
    logic [{unit_top}:0] unit_valid;
    logic [{results_top}:0] results;
{table}    for (genvar u = 0; u < {units}; u++) begin : unit
        {name}_datapath datapath (
            .clk, .rst, .advance, .in_valid(words_valid),
            .in_data({unit_data}), .out_valid(unit_valid[u]), .out_data(results[u*{result}+:{result}])
        );
    end
    logic [{shelf_top}:0] pixel;
    word_shelf #(.LANES({units}), .SLOTS({slots}), .BITS({result})) shelf (
        .clk, .rst, .advance, .in_valid(unit_valid[0]), .in_words(results), .out_valid, .out_data(pixel)
    );
    assign out_data = pixel[{out_top}:0];
    wire unused_units = &{{1'b0, unit_valid, pixel, slot}};
"""

_TABLE = "    logic [{top}:0] constants;\n    {name}_table table_i (.slot, .row(constants));\n"


@dataclass(frozen=True, eq=False)
class Units:
    """`count` copies of `unit`, each of which makes `slots` of the channels of a layer."""

    layer: Layer
    unit: SharedUnit
    count: int
    slots: int

    @property
    def word_bits(self) -> int:
        """Bits of what a unit takes a clock, beside its constants."""
        return self.unit.datapath.in_bits - self.unit.table_bits

    @property
    def channels(self) -> int:
        """Channels of the layer."""
        return int(self.layer.result.shape[2])

    def text(self, valid: str, data: str) -> str:
        """What follows the totals `data`, as wide as all channels, which come with `valid`; it drives the outputs."""
        bits = self.word_bits
        more = (self.count * self.slots - self.channels) * bits
        selector = _SELECTOR.format(
            units=self.count,
            slots=self.slots,
            bits=bits,
            valid=valid,
            data=f"{{{more}'d0, {data}}}" if more else data,
            slot_top=max(1, (self.slots - 1).bit_length()) - 1,
            words_top=self.count * bits - 1,
        )
        return selector + self.computed()

    def computed(self) -> str:
        """What follows `words`, a unit's word each, which come with `words_valid` and their `slot`."""
        bits, table, result = self.word_bits, self.unit.table_bits, self.layer.result.format.bits
        words = f"words[u*{bits}+:{bits}]"
        return _UNITS.format(
            name=self.layer.name,
            units=self.count,
            slots=self.slots,
            channels=self.channels,
            unit_top=self.count - 1,
            results_top=self.count * result - 1,
            table=_TABLE.format(top=self.count * table - 1, name=self.layer.name) if table else "",
            unit_data=f"{{constants[u*{table}+:{table}], {words}}}" if table else words,
            result=result,
            shelf_top=self.count * self.slots * result - 1,
            out_top=self.channels * result - 1,
        )

    def modules(self, nodes: str) -> dict[str, str]:
        """The SystemVerilog of the unit, and of its table, by module name."""
        name, rows = f"{self.layer.name}_datapath", []
        for slot in range(self.slots):
            channels = range(slot, self.count * self.slots, self.slots)
            rows.append([self.unit.table[c] if c < self.channels else 0 for c in channels])
        found = {name: datapath_module(name, f"A unit of {nodes}.", self.unit.datapath, LEVELS)}
        if self.unit.table_bits:
            name = f"{self.layer.name}_table"
            found[name] = table_module(name, f"Constants of {nodes}, a channel a unit.", rows, self.unit.table_bits)
        return found

    def cost(self) -> tuple[Area, int]:
        """Cells, and clocks from the totals to the pixel."""
        words = self.count * self.word_bits
        computed, clocks = self.computed_cost()
        return Area(words * -(-self.slots // 4), words * self.slots + words) + computed, clocks + 2

    def computed_cost(self) -> tuple[Area, int]:
        """Cells of what `computed` writes, and clocks from the first words to the pixel."""
        stages = schedule(self.unit.datapath, LEVELS)
        shelf = Area(0, self.count * self.slots * self.layer.result.format.bits)
        return datapath_area(self.unit.datapath, stages).times(self.count) + shelf, self.slots + stages.stages


def layer_units(graph: Graph, layer: Layer, bits: int, shifts: tuple[int, ...] = (0,)) -> Units:
    """The units that make a pixel of `layer` in its clocks a pixel, from a word of `bits` bits a channel and shift."""
    assert layer.front is not None
    channels = layer.result.shape[2]
    count = -(-channels // layer.implementation.clocks)
    unit = shared_unit(graph, layer.front, shifts, bits, layer.pointwise)
    return Units(layer, unit, count, -(-channels // count))
