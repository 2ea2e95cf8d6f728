import { testCollector } from './testing/collector-suite.ts';

testCollector('the app itself', {
  serve: async (app) => ({ request: async (path, init) => app.request(path, init), close: async () => {} }),
  socketIp: null,
  streams: true,
});
