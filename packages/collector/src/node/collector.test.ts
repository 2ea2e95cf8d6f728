import { Hono } from 'hono';
import { testCollector } from '../testing/collector-suite.ts';
import { listen } from './listen.ts';

testCollector('a Node server', {
  serve: async (app) => {
    const listening = await listen({ app: new Hono().route('/', app), port: 0 });
    return { request: (path, init) => fetch(`${listening.url}${path}`, init), close: () => listening.close() };
  },
  socketIp: '127.0.0.0',
  streams: true,
});
