/** vite: the file is emitted as it is, and the import is its URL. */
declare module '*?url' {
  const url: string;
  export default url;
}

/** The same, and never as a `data:` URL, which is of no origin. */
declare module '*?url&no-inline' {
  const url: string;
  export default url;
}
