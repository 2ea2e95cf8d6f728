/** Loaded before kinesis-local, which would listen on every interface of the machine. */
import { type AddressInfo, Server } from 'node:net';

// oxlint-disable-next-line typescript/unbound-method -- called with its server below
const listen = Server.prototype.listen;

/** Listens on a free port of the loopback interface, and tells which it is for the port that was asked for. */
Server.prototype.listen = function listenOnLoopback(this: Server, ...args: unknown[]) {
  const done = args.find((arg) => typeof arg === 'function') as (() => void) | undefined;
  return listen.call(this, { port: 0, host: '127.0.0.1' }, () => {
    process.send?.({ asked: args[0], port: (this.address() as AddressInfo).port });
    done?.();
  });
};

// It goes with the test, however that ends.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
