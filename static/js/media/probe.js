// Does media get through? Asks each STUN and TURN server for an address and takes what it gives as the answer.

const PATIENCE = 4000; // ms

/** @typedef {{relay: "udp" | "tcp" | "none" | "unknown", direct: boolean}} Reach */

/**
 * @param {RTCIceServer[]} servers
 * @returns {Promise<Reach>} unknown: there is no relay to ask
 */
export async function probe(servers) {
  const relays = servers.filter((server) => [server.urls].flat().some((url) => url.startsWith("turn")));
  const [all, relayed] = await Promise.all([gather(servers, "all"), relays.length ? gather(relays, "relay") : []]);
  const protocols = relayed.map((candidate) => relayProtocol(candidate));
  const relay = !relays.length ? "unknown" : protocols.includes("udp") ? "udp" : protocols.length ? "tcp" : "none";
  return { relay, direct: all.some((candidate) => candidate.type === "host" || candidate.type === "srflx") };
}

/**
 * @param {RTCIceServer[]} iceServers
 * @param {RTCIceTransportPolicy} iceTransportPolicy
 * @returns {Promise<RTCIceCandidate[]>}
 */
async function gather(iceServers, iceTransportPolicy) {
  const pc = new RTCPeerConnection({ iceServers, iceTransportPolicy, bundlePolicy: "max-bundle" });
  /** @type {RTCIceCandidate[]} */
  const found = [];
  try {
    const done = new Promise((resolve) => {
      setTimeout(resolve, PATIENCE);
      pc.onicecandidate = ({ candidate }) => (candidate ? found.push(candidate) : resolve(undefined));
    });
    pc.createDataChannel("probe");
    await pc.setLocalDescription();
    await done;
  } finally {
    pc.close();
  }
  return found;
}

/** @param {RTCIceCandidate} candidate */
function relayProtocol(candidate) {
  const told = /** @type {{relayProtocol?: string}} */ (/** @type {unknown} */ (candidate)).relayProtocol;
  return told === "tcp" || told === "tls" ? "tcp" : "udp";
}
