import type { Context, Env, Hono } from 'hono';

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY', 'TRACE'];

/** Makes an answer that says why. */
export type Refuse = (c: Context, status: 404 | 405, reason: string, headers: Record<string, string>) => Response;

/**
 * Answers 405 to methods that the routes of `app` do not have, and 404 to what is no route: under `pathPrefix` also
 * where the app is mounted in another. No route of POST is among them: a path that two match, Hono takes through its
 * chain of handlers, which each batch would pay for.
 */
export function refuseOtherRoutes<E extends Env>(app: Hono<E>, pathPrefix: string, refuse: Refuse): void {
  for (const [path, routes] of Map.groupBy(app.routes, (route) => route.path)) {
    const allowed = routes.map(({ method }) => method);
    const others = methods.filter((method) => !allowed.includes(method));
    app.on(others, path, (c) =>
      refuse(c, 405, `${c.req.method} ${path}: not allowed; send ${allowed.join(' or ')}`, {
        Allow: allowed.join(', '),
      }),
    );
  }
  const noRoute = (c: Context): Response =>
    refuse(c, 404, `${c.req.method} ${c.req.path}: no such route; ${pathPrefix}/openapi.json names them`, {});
  app.on(
    methods.filter((method) => method !== 'POST'),
    `${pathPrefix}/*`,
    noRoute,
  );
  app.notFound(noRoute);
}
