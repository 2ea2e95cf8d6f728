// DuckDB-WASM's own worker, its requests counted and its HEAD requests answered: see byte-count.ts.
{
  const [name = '', duckDbWorker = ''] = location.hash.slice(1).split('&');
  const channel = new BroadcastChannel(name);
  let bytes = 0;
  let requests = 0;

  /** @param {number} [asked] */
  const tell = (asked) => {
    channel.postMessage({ counted: { bytes, requests }, ...(asked === undefined ? {} : { asked }) });
  };

  class LakeRequest extends XMLHttpRequest {
    #synchronous = false;
    #counts = false;
    /** @type {string | undefined} */
    #length;

    /**
     * @override
     * @param {string} method
     * @param {string | URL} url
     * @param {boolean} async
     * @param {string | null} [user]
     * @param {string | null} [password]
     */
    open(method, url, async = true, user = null, password = null) {
      this.#synchronous = !async;
      this.#counts = method === 'GET';
      this.#length = !async && method === 'HEAD' ? /#bytes=(\d+)$/.exec(String(url))?.[1] : undefined;
      if (this.#length === undefined) super.open(method, url, async, user, password);
    }

    /**
     * @override
     * @param {string} header
     * @param {string} value
     */
    setRequestHeader(header, value) {
      if (this.#length === undefined) super.setRequestHeader(header, value);
    }

    /**
     * @override
     * @param {Document | XMLHttpRequestBodyInit | null} [body]
     */
    send(body) {
      if (this.#length !== undefined) return;
      super.send(body);
      // The module itself comes asynchronously, and is no part of the lake.
      if (!this.#synchronous) return;
      requests += 1;
      if (this.#counts && this.response instanceof ArrayBuffer) bytes += this.response.byteLength;
      tell();
    }

    /** @override */
    get status() {
      return this.#length === undefined ? super.status : 206;
    }

    /**
     * @override
     * @param {string} header
     */
    getResponseHeader(header) {
      if (this.#length === undefined) return super.getResponseHeader(header);
      return header.toLowerCase() === 'content-length' ? this.#length : null;
    }
  }

  channel.addEventListener('message', ({ data }) => {
    if ('ask' in data) tell(data.ask);
  });
  self.XMLHttpRequest = LakeRequest;

  const url = new URL(decodeURIComponent(duckDbWorker), location.href);
  if (url.origin !== location.origin) throw new TypeError(`worker at ${url.href}: of another origin`);
  const { trustedTypes } = /** @type {{ trustedTypes?: any }} */ (/** @type {unknown} */ (self));
  const policy = trustedTypes?.createPolicy('taphouse', { createScriptURL: (/** @type {string} */ text) => text });
  const worker = /** @type {{ importScripts(...urls: string[]): void }} */ (/** @type {unknown} */ (self));
  worker.importScripts(policy ? policy.createScriptURL(url.href) : url.href);
}
