import type { Row } from "../report.ts";
import type { Dialect } from "./speech.ts";
import { known, onStage, type Server } from "./stage.ts";

/** Processor time of the server for each new connection: with a signed token, without one, and by a `ws` server. */
export function measureStorm(quick: boolean): Promise<readonly Row[]> {
  const groups = quick ? 4 : 200;
  const members = 5;
  const repeats = quick ? 1 : 5;
  return onStage(async (stage) => {
    const driver = stage.driver();
    const service = await stage.server("service");
    const plain = await stage.server("shared-frame");
    const foreign: (number | undefined)[] = [];
    const cost = async (server: Server, dialect: Dialect) => {
      const crowd = `storm-${dialect}`;
      const { port, accessKey } = server;
      const open = () =>
        driver.call("open", { crowd, port, accessKey, dialect, groups, members, atOnce: 50, headStart: 0 });
      const { cpuMicros, foreignCores } = await stage.measure(server, open);
      await driver.call("close", crowd);
      foreign.push(foreignCores);
      return cpuMicros / (groups * members);
    };
    await cost(service, "json");
    await cost(service, "anonymous");
    await cost(plain, "relay");
    foreign.length = 0;
    const withToken: number[] = [];
    const anonymous: number[] = [];
    const relay: number[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      withToken.push(await cost(service, "json"));
      anonymous.push(await cost(service, "anonymous"));
      relay.push(await cost(plain, "relay"));
    }
    const foreignCores = known(foreign);
    const unit = "µs CPU/connect";
    const subject = { name: "with token", values: withToken };
    return [
      { name: "connect storm, token", unit, subject, floor: { name: "without", values: anonymous }, foreignCores },
      { name: "connect storm, service", unit, subject, floor: { name: "ws", values: relay }, foreignCores },
    ];
  });
}
