import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { serveStatic } from '@hono/node-server/serve-static';
import { type Context, Hono, type MiddlewareHandler } from 'hono';

const require = createRequire(import.meta.url);

/**
 * What a page may do. DuckDB-WASM needs `wasm-unsafe-eval`; nothing may be fetched from another host, so no click,
 * query or credential leaves this origin.
 */
const contentSecurityPolicy = [
  `default-src 'self'`,
  `script-src 'self' 'wasm-unsafe-eval'`,
  `connect-src 'self'`,
  `worker-src 'self'`,
  `style-src 'self'`,
  `img-src 'self' data: blob:`,
  `object-src 'none'`,
  `base-uri 'none'`,
  `form-action 'self'`,
  `frame-ancestors 'none'`,
  // Text of users never becomes markup: only lit's templates, and the worker's address, pass.
  `require-trusted-types-for 'script'`,
  `trusted-types lit-html taphouse`,
].join('; ');

/** The built pages of the workspace: shop, dashboard, SQL page, SDK file; and the lake, for range reads. */
export function pages(options: { lakeFolder: string }): Hono {
  const app = new Hono();
  const shop = built('@taphouse/beer-shop', 'dist');
  const analytics = built('@taphouse/analytics', 'dist/pages');
  const sdk = built('@taphouse/sdk', 'dist');

  app.use(
    '/lake/*',
    headers({ 'Cache-Control': 'no-cache', 'X-Content-Type-Options': 'nosniff' }),
    headRange(options.lakeFolder),
  );
  // Dot files are the lake's own: older manifests, work in progress.
  app.get('/lake/*', async (c, next) => (c.req.path.includes('/.') ? c.text('not in the lake', 404) : next()));
  app.get(
    '/lake/*',
    serveStatic({ root: options.lakeFolder, rewriteRequestPath: (path) => path.slice('/lake'.length) }),
  );
  app.get('/lake/*', (c) => c.text('not in the lake', 404));

  app.use(
    '/sdk/*',
    headers({ 'Cache-Control': 'no-cache', 'Access-Control-Allow-Origin': '*', 'X-Content-Type-Options': 'nosniff' }),
  );
  app.get('/sdk/*', serveStatic({ root: sdk, rewriteRequestPath: (path) => path.slice('/sdk'.length) }));

  const page = headers({
    'Content-Security-Policy': contentSecurityPolicy,
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-cache',
  });
  app.use(
    '/analytics/assets/*',
    headers({
      'Cache-Control': 'public, max-age=31536000, immutable',
      'Content-Security-Policy': contentSecurityPolicy,
    }),
  );
  app.get(
    '/analytics/*',
    serveStatic({ root: analytics, rewriteRequestPath: (path) => path.slice('/analytics'.length) }),
  );
  for (const name of ['dashboard', 'sql']) {
    app.get(`/${name}`, (c) => c.redirect(`/${name}/`));
    app.get(`/${name}/`, page, serveStatic({ root: analytics, path: `${name}/index.html` }));
  }
  app.use('*', page);
  app.get('*', serveStatic({ root: shop }));
  // The shop routes in the page: a deep link gets its index, a missing file does not.
  app.get('*', async (c, next) =>
    c.req.path.includes('.') ? c.text('not found', 404) : serveStatic({ root: shop, path: 'index.html' })(c, next),
  );
  return app;
}

function built(packageName: string, folder: string): string {
  const path = join(dirname(require.resolve(`${packageName}/package.json`)), folder);
  if (!existsSync(path)) throw new Error(`${packageName}: not built; run pnpm pages first (npm start does)`);
  return path;
}

function headers(fields: Record<string, string>): MiddlewareHandler {
  return async (c, next) => {
    for (const [name, value] of Object.entries(fields)) c.header(name, value);
    await next();
  };
}

/** DuckDB-WASM asks HEAD with a range, and reads ranges only from a server that answers 206: one request a file saved. */
function headRange(folder: string): MiddlewareHandler {
  return async (c: Context, next) => {
    if (c.req.method !== 'HEAD' || !c.req.header('range') || c.req.path.includes('..')) return next();
    const found = await stat(join(folder, decodeURI(c.req.path.slice('/lake'.length)))).catch(() => null);
    if (!found?.isFile()) return next();
    return c.body(null, 206, {
      'Accept-Ranges': 'bytes',
      'Content-Length': String(found.size),
      'Content-Range': `bytes 0-${found.size - 1}/${found.size}`,
    });
  };
}
