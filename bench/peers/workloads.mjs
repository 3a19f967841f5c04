// The services of the comparison, and the critical path that no tool can beat. The same for the same seed.
export const chainOf = ({ ports, delay }) => ({
  limit: ports.length * delay,
  services: ports.map((port, at) => ({ name: `s${at}`, delay, port, needs: at === 0 ? [] : [`s${at - 1}`] })),
});

const layers = 6;

/** In layers: 50 to 800 ms each, one to three dependencies in the layer before. */
export const graphOf30 = ({ ports, seed }) => {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
  const byLayer = Array.from({ length: layers }, () => []);
  for (const [at, port] of ports.entries()) {
    const layer = at < layers ? at : Math.floor(random() * layers);
    const before = byLayer[layer - 1] ?? [];
    const wished = Array.from({ length: Math.min(before.length, 1 + Math.floor(random() * 3)) }, () => random());
    const needs = [...new Set(wished.map((wish) => before[Math.floor(wish * before.length)].name))];
    byLayer[layer].push({ name: `s${at}`, port, delay: 50 + Math.floor(random() * 750), needs });
  }
  const services = byLayer.flat();
  const ends = new Map();
  for (const { name, delay, needs } of services) ends.set(name, delay + Math.max(0, ...needs.map((need) => ends.get(need))));
  return { services, limit: Math.max(...ends.values()) };
};
