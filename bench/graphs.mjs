// The stacks that are booted: their services.yaml, and the critical path that no tool can beat.

/** By what a service of the chain is known to be ready: the line, with the port that it is given. */
const signs = {
  tcp: (port) => ({ opens: port, line: `port: ${port}` }),
  log: () => ({ opens: 0, line: 'ready: {log: ready}' }),
  notify: () => ({ opens: 0, line: 'ready: {notify: true}' }),
};

/** s0 ← s1 ← … : each ready `delay` ms after its start. */
export const chain = ({ program, ports, delay, sign = 'tcp' }) => ({
  limit: ports.length * delay,
  yaml: `services:\n${ports
    .map((port, index) => {
      const needs = index === 0 ? '' : `\n    depends_on: [s${index - 1}]`;
      const { opens, line } = signs[sign](port);
      return `  s${index}:\n    command: [${program}, "${delay}", "${opens}"]\n    ${line}${needs}`;
    })
    .join('\n')}\n`,
});

/** A layered random graph, the same for the same seed: start times of 50 to 800 ms, one to three dependencies in the layer before. */
export const layered = ({ program, ports, depth, seed }) => {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
  const layers = Array.from({ length: depth }, () => []);
  const services = ports.map((port, index) => {
    const layer = index < depth ? index : Math.floor(random() * depth);
    const before = layers[layer - 1] ?? [];
    const needs = [
      ...new Set(
        Array.from(
          { length: Math.min(before.length, 1 + Math.floor(random() * 3)) },
          () => before[Math.floor(random() * before.length)],
        ),
      ),
    ];
    const service = { name: `s${index}`, port, delay: 50 + Math.floor(random() * 750), needs };
    layers[layer].push(service);
    return service;
  });
  const ends = new Map();
  const endOf = (service) => {
    if (!ends.has(service)) ends.set(service, service.delay + Math.max(0, ...service.needs.map(endOf)));
    return ends.get(service);
  };
  return {
    limit: Math.max(...services.map(endOf)),
    yaml: `services:\n${services
      .map(
        ({ name, port, delay, needs }) =>
          `  ${name}:\n    command: [${program}, "${delay}", "${port}"]\n    port: ${port}\n    depends_on: [${needs.map((need) => need.name).join(', ')}]`,
      )
      .join('\n')}\n`,
  };
};
