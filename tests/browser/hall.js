// A page of the tests: publishes the fake camera, shows what it is offered. `ask` is the forwarder's port.
let watching = null
const shown = {} // by mid: the element, when its first picture came, of how many the page knows
const began = performance.now()

async function publish(roles, layers, width) {
  const media = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width, height: (width * 9) / 16 } })
  const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" })
  for (const track of media.getTracks()) {
    const sendEncodings = track.kind === "video" && layers ? layers : undefined
    pc.addTransceiver(track, { direction: "sendonly", streams: [media], sendEncodings })
  }
  window.publishing = pc
  window.roles = roles
  await negotiate()
}

async function negotiate() {
  const pc = window.publishing
  await pc.setLocalDescription()
  const named = Object.fromEntries(pc.getTransceivers().map((t) => [t.mid, window.roles[t.sender.track.kind]]))
  const sdp = await ask("publish", [pc.localDescription.sdp, named])
  await pc.setRemoteDescription({ type: "answer", sdp })
}

// the browser's path is made anew, and something is offered that the forwarder does not carry
async function restart() {
  window.publishing.restartIce()
  window.publishing.createDataChannel("notes")
  await negotiate()
}

// when each kind is played, by its publisher's clock as the sender reports tell it
async function played() {
  const times = {}
  for (const stat of (await watching.getStats()).values())
    if (stat.type === "inbound-rtp" && stat.estimatedPlayoutTimestamp) times[stat.kind] = stat.estimatedPlayoutTimestamp
  return times
}

async function offered(number, sdp) {
  watching ??= watch()
  await watching.setRemoteDescription({ type: "offer", sdp })
  await watching.setLocalDescription()
  await ask("answer", [number, watching.localDescription.sdp])
}

function watch() {
  const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" })
  pc.ontrack = ({ track, transceiver }) => {
    const element = document.createElement(track.kind)
    element.autoplay = element.muted = true
    element.srcObject = new MediaStream([track])
    document.body.append(element)
    const one = (shown[transceiver.mid] = { element, asked: performance.now(), first: null })
    if (track.kind === "video") element.requestVideoFrameCallback((now) => (one.first = now - one.asked))
  }
  return pc
}

async function received() {
  const found = {}
  if (!watching) return found
  for (const stat of (await watching.getStats()).values())
    if (stat.type === "inbound-rtp") {
      const { mid, kind, framesDecoded, freezeCount, totalFreezesDuration, packetsLost, packetsReceived } = stat
      const { frameWidth, keyFramesDecoded, concealedSamples, totalSamplesReceived, nackCount, pliCount } = stat
      found[mid] = { kind, framesDecoded, freezeCount, totalFreezesDuration, packetsLost, packetsReceived, frameWidth,
        keyFramesDecoded, concealedSamples, totalSamplesReceived, nackCount, pliCount, first: shown[mid]?.first ?? null }
    }
  return found
}

async function sent() {
  const found = []
  for (const stat of (await window.publishing.getStats()).values()) {
    if (stat.type === "outbound-rtp" && stat.kind === "video")
      found.push({ rid: stat.rid ?? "", width: stat.frameWidth, packets: stat.packetsSent, target: stat.targetBitrate })
    if (stat.type === "candidate-pair" && stat.nominated) found.available = stat.availableOutgoingBitrate
  }
  return { layers: found, available: found.available ?? 0, elapsed: performance.now() - began }
}
