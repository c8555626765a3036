"""Prints what TensorBoard's own reader finds in a folder, as JSON. Run by the python of scripts/venv.sh."""

import json
import sys

from tensorboard.backend.event_processing import event_accumulator

events = event_accumulator.EventAccumulator(sys.argv[1])
events.Reload()
tags = events.Tags()
print(json.dumps({
    "file_version": events.file_version,
    "first_event": events.FirstEventTimestamp(),
    "scalars": {tag: [[event.wall_time, event.step, event.value] for event in events.Scalars(tag)]
                for tag in tags["scalars"]},
    "texts": {tag: [value.decode() for event in events.Tensors(tag) for value in event.tensor_proto.string_val]
              for tag in tags["tensors"]},
    "plugins": {tag: events.SummaryMetadata(tag).plugin_data.plugin_name for tag in tags["tensors"]},
}))
