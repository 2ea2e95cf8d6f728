/** Makes ids of requests: unique among collectors by their beginning, in this one by their end. */
export function createRequestIds(): () => string {
  const instance = crypto.randomUUID().slice(0, 8);
  let requests = 0;
  return () => {
    requests += 1;
    return `${instance}-${requests.toString(36)}`;
  };
}
