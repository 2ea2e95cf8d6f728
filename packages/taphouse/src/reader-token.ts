import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { html, raw } from 'hono/html';

/** What reads what visitors did. The doors that clicks come in by stay open to all. */
const guarded = ['/dashboard', '/dashboard/*', '/sql', '/sql/*', '/lake/*', '/v1/live', '/metrics'];

const cookieName = 'taphouse_token';
const refusal = {
  reason: 'token: missing or wrong; send Authorization: Bearer TOKEN, or open /dashboard/ in a browser',
};
const cookieMaxAgeSec = 30 * 24 * 3600;

/**
 * Asks readers for a token: in the cookie that the page sets after `?token=`, or as `Authorization: Bearer`, which is
 * how Prometheus, curl and Python send it. A page without it gets a form, everything else 401.
 */
export function askToken(token: string): Hono {
  const app = new Hono();
  for (const path of guarded) app.use(path, guard(token));
  return app;
}

/**
 * The token kept in `file`, which only its owner can read; made at the first call, and again where a full disk left an
 * empty file: no token would let everyone in.
 */
export function keptToken(file: string): string {
  const kept = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  if (kept !== '') return kept;
  const made = randomBytes(16).toString('hex');
  writeFileSync(file, `${made}\n`, { mode: 0o600 });
  return made;
}

function guard(token: string): MiddlewareHandler {
  return async (c, next) => {
    const given = c.req.query('token');
    if (isSame(given, token)) return enter(c, token);
    if (isSame(getCookie(c, cookieName), token) || isSame(bearer(c), token)) return next();
    c.header('WWW-Authenticate', 'Bearer realm="taphouse"');
    c.header('Cache-Control', 'no-store');
    if (c.req.method !== 'GET' || !c.req.header('accept')?.includes('text/html')) return c.json(refusal, 401);
    c.header('Content-Security-Policy', contentSecurityPolicy);
    return c.html(form(given), 401);
  };
}

/** The token moves from the address, which is remembered and shared, into a cookie that scripts can not read. */
function enter(c: Context, token: string): Response {
  setCookie(c, cookieName, token, {
    path: '/',
    httpOnly: true,
    sameSite: 'Lax',
    maxAge: cookieMaxAgeSec,
    secure: c.req.header('x-forwarded-proto') === 'https',
  });
  const { pathname, searchParams } = new URL(c.req.url);
  searchParams.delete('token');
  return c.redirect(`${pathname}${searchParams.size > 0 ? `?${searchParams}` : ''}`);
}

function bearer(c: Context): string | undefined {
  return /^Bearer (.+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
}

/** Takes as long for a near miss as for a far one. */
function isSame(given: string | undefined, token: string): boolean {
  return given !== undefined && timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

const style = `
body { font: 1rem/1.5 system-ui, sans-serif; background: light-dark(#f7efdd, #1b1410); color: light-dark(#2b1a10, #f3e8d2); }
main { max-width: 22rem; margin: 15vh auto 0; padding: 0 1rem; }
h1 { font-family: Georgia, serif; }
input, button { box-sizing: border-box; width: 100%; padding: 0.5rem; margin-top: 0.5rem; font: inherit; border-radius: 0.5rem; }
input { border: 1px solid light-dark(#8a7355, #8a7355); background: light-dark(#fffaf0, #261c15); color: inherit; }
button { border: 0; background: #c97a1a; color: #1b1410; font-weight: 600; }
[role='alert'] { font-weight: 600; }
`;
const styleHash = createHash('sha256').update(style).digest('base64');
const contentSecurityPolicy = `default-src 'none'; style-src 'sha256-${styleHash}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`;

function form(given: string | undefined): ReturnType<typeof html> {
  return html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width" />
      <meta name="color-scheme" content="light dark" />
      <title>Taphouse: token</title>
      ${raw(`<style>${style}</style>`)}
      <main>
        <h1>Taphouse</h1>
        <form method="get">
          <label for="token">Token</label>
          <input id="token" name="token" type="password" autocomplete="current-password" required autofocus />
          <button>Open</button>
          ${given === undefined ? '' : html`<p role="alert">That is not the token.</p>`}
          <p>It is in <code>TAPHOUSE_TOKEN</code>, or else in the file <code>token</code> of the data folder.</p>
        </form>
      </main>
    </html>`;
}
