-- Wireshark dissector for captures of `sluice dump -w` (link type USER0; bytes in docs/dump.md and docs/frames.md).
local sluice = Proto("sluice", "Sluice frame")

local types = {
  [0x00000001] = "BEGIN", [0x00000002] = "DATA", [0x00000003] = "END", [0x00000004] = "ABORT", [0x00000005] = "FLUSH",
  [0x20000001] = "SOURCE", [0x20000002] = "SOURCEMAPPED", [0x20000003] = "SOURCEGONE",
  [0x40000001] = "RESET", [0x40000002] = "WINDOW", [0x40000003] = "SIGNAL", [0x40000004] = "CHALLENGE",
}
local reasons = {
  [0] = "None", "NoRoute", "Refused", "PeerLost", "Unreachable", "ProtocolViolation", "CreditOverrun", "Cancelled", "Shutdown",
  "Failed", "LimitExceeded", "TimedOut", "Overloaded",
}

local f = sluice.fields
f.from = ProtoField.string("sluice.from", "From")
f.to = ProtoField.string("sluice.to", "To")
f.origin = ProtoField.string("sluice.origin", "Origin binding")
f.routed = ProtoField.string("sluice.routed", "Routed binding")
f.type = ProtoField.uint32("sluice.type", "Type", base.HEX, types)
f.stream = ProtoField.int64("sluice.stream", "Stream")
f.initial = ProtoField.bool("sluice.initial", "Initial direction")
f.sequence = ProtoField.int64("sluice.sequence", "Sequence")
f.acknowledge = ProtoField.int64("sluice.acknowledge", "Acknowledge")
f.maximum = ProtoField.int32("sluice.maximum", "Maximum")
f.trace = ProtoField.uint64("sluice.trace", "Trace id", base.HEX)
f.authorization = ProtoField.uint64("sluice.authorization", "Authorization", base.HEX)
f.timestamp = ProtoField.int64("sluice.timestamp", "Monotonic time (ns)")
f.affinity = ProtoField.int64("sluice.affinity", "Affinity")
f.flags = ProtoField.uint32("sluice.flags", "Flags", base.HEX)
f.fin = ProtoField.bool("sluice.flags.fin", "Fin", 32, nil, 0x01)
f.init = ProtoField.bool("sluice.flags.init", "Init", 32, nil, 0x02)
f.incomplete = ProtoField.bool("sluice.flags.incomplete", "Incomplete", 32, nil, 0x04)
f.skip = ProtoField.bool("sluice.flags.skip", "Skip", 32, nil, 0x08)
f.reserved = ProtoField.int32("sluice.reserved", "Reserved")
f.budget = ProtoField.uint64("sluice.budget", "Budget", base.HEX)
f.payload_bytes = ProtoField.int32("sluice.payload_bytes", "Payload bytes (-1: none)")
f.source = ProtoField.int32("sluice.source", "Payload lies in source (0: here)")
f.position = ProtoField.int64("sluice.position", "Position in the source")
f.path = ProtoField.string("sluice.path", "Path")
f.mapped = ProtoField.bool("sluice.mapped", "Mapped")
f.padding = ProtoField.int32("sluice.padding", "Padding")
f.minimum = ProtoField.int32("sluice.minimum", "Minimum")
f.reason = ProtoField.uint32("sluice.reason", "Reason", base.DEC, reasons)
f.extension = ProtoField.bytes("sluice.extension", "Extension")
f.payload = ProtoField.bytes("sluice.payload", "Payload")

-- Adds the budget, if there is one.
local function budget(tree, record)
  if record(80, 8):le_int64() ~= Int64(0) then tree:add_le(f.budget, record(80, 8)) end
end

-- Frames of budgets travel on stream 0.
local function of_budget(record)
  return record(24, 8):le_int64() == Int64(0)
end

-- Adds what is left of the record as the extension.
local function rest(tree, record, at)
  if record:len() > at then tree:add(f.extension, record(at)) end
end

local bodies = {
  BEGIN = function(tree, record)
    tree:add_le(f.affinity, record(80, 8))
    rest(tree, record, 88)
    return ""
  end,
  DATA = function(tree, record)
    local flags = tree:add_le(f.flags, record(76, 4))
    for _, flag in ipairs({ f.fin, f.init, f.incomplete, f.skip }) do flags:add_le(flag, record(76, 4)) end
    budget(tree, record)
    tree:add_le(f.reserved, record(88, 4))
    tree:add_le(f.payload_bytes, record(92, 4))
    local payload, extension, source = record(92, 4):le_int(), record(96, 4):le_int(), record(100, 4):le_int()
    tree:add_le(f.source, record(100, 4))
    if source ~= 0 then
      tree:add_le(f.position, record(104, 8))
      if extension > 0 then tree:add(f.extension, record(112, extension)) end
      return string.format(" %d bytes in source %d at %s", payload, source, tostring(record(104, 8):le_int64()))
    end
    if extension > 0 then tree:add(f.extension, record(104, extension)) end
    if payload > 0 then tree:add(f.payload, record(104 + extension, payload)) end
    return payload < 0 and " null" or string.format(" %d bytes", payload)
  end,
  SOURCE = function(tree, record)
    tree:add_le(f.source, record(76, 4))
    tree:add(f.path, record(80))
    return string.format(" %d %s", record(76, 4):le_int(), record(80):string())
  end,
  SOURCEMAPPED = function(tree, record)
    tree:add_le(f.source, record(76, 4))
    tree:add(f.mapped, record(80, 1))
    return string.format(" %d %s", record(76, 4):le_int(), record(80, 1):uint() == 1 and "yes" or "no")
  end,
  SOURCEGONE = function(tree, record)
    tree:add_le(f.source, record(76, 4))
    return string.format(" %d", record(76, 4):le_int())
  end,
  END = function(tree, record)
    budget(tree, record)
    rest(tree, record, 96)
    return of_budget(record) and " of a budget" or ""
  end,
  FLUSH = function(tree, record)
    budget(tree, record)
    tree:add_le(f.reserved, record(88, 4))
    rest(tree, record, 96)
    return of_budget(record) and string.format(" lends %d", record(88, 4):le_int()) or ""
  end,
  CHALLENGE = function(tree, record) rest(tree, record, 80) return "" end,
  WINDOW = function(tree, record)
    tree:add_le(f.padding, record(88, 4))
    tree:add_le(f.minimum, record(92, 4))
    budget(tree, record)
    if of_budget(record) then
      return string.format(" back=%s needed=%d wanted=%d", tostring(record(40, 8):le_int64()), record(92, 4):le_int(), record(72, 4):le_int())
    end
    return string.format(" acknowledge=%s maximum=%d", tostring(record(40, 8):le_int64()), record(72, 4):le_int())
  end,
}
local function closed(tree, record)
  tree:add_le(f.reason, record(76, 4))
  rest(tree, record, 80)
  return " " .. (reasons[record(76, 4):le_uint()] or "?")
end
bodies.ABORT, bodies.RESET = closed, closed

function sluice.dissector(packet, pinfo, root)
  if packet:len() < 8 or packet(0, 1):uint() ~= 1 then return 0 end
  local tree = root:add(sluice, packet())
  local at, names = 8, {}
  for i = 1, 4 do
    local length = packet(3 + i, 1):uint()
    names[i] = length > 0 and packet(at, length):string() or ""
    at = at + length
  end
  local record = packet(math.floor((at + 7) / 8) * 8):tvb()
  names[1] = names[1] .. "." .. packet(1, 1):uint()
  names[2] = names[2] .. "." .. packet(2, 1):uint()
  tree:add(f.from, names[1])
  tree:add(f.to, names[2])
  tree:add(f.origin, names[3])
  tree:add(f.routed, names[4])
  if record:len() < 80 then return packet:len() end

  local kind = types[record(4, 4):le_uint()] or "?"
  local id = record(24, 8):le_int64()
  local initial = record(24, 1):uint() % 2 == 1
  tree:add_le(f.type, record(4, 4))
  tree:add_le(f.stream, record(24, 8))
  tree:add(f.initial, record(24, 1), initial)
  tree:add_le(f.sequence, record(32, 8))
  tree:add_le(f.acknowledge, record(40, 8))
  tree:add_le(f.maximum, record(72, 4))
  tree:add_le(f.trace, record(48, 8))
  tree:add_le(f.authorization, record(56, 8))
  tree:add_le(f.timestamp, record(64, 8))
  local words = bodies[kind] and bodies[kind](tree, record) or ""

  pinfo.cols.protocol = "SLUICE"
  pinfo.cols.src = names[1]
  pinfo.cols.dst = names[2]
  pinfo.cols.info = string.format("%s %s %s > %s%s", tostring(id), kind, names[3], names[4], words)
  return packet:len()
end

DissectorTable.get("wtap_encap"):add(wtap.USER0, sluice)
