/** vite: the module is bundled as a classic worker, and the import is its URL. */
declare module '*?worker&url' {
  const url: string;
  export default url;
}
