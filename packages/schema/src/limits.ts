/**
 * Every limit of the protocol, in one place: the collector enforces it, `GET /v1/limits` serves it,
 * and the SDK obeys what is served.
 */
export interface Limits {
  /** Largest request body as sent, bytes (compressed, if it is). */
  maxBodyBytes: number;
  /** Largest request body after decompression, bytes. */
  maxExpandedBytes: number;
  /** Most events in one batch. */
  maxEvents: number;
  /** Largest single event in its stored form, bytes of UTF-8 JSON. */
  maxEventBytes: number;
  /** Deepest nesting of the JSON text; a deeper body is refused unparsed. */
  maxDepth: number;
  /** Most keys of any one object in the JSON text; a wider body is refused unparsed. */
  maxKeys: number;
  /** Most values in the JSON text, keys not counted; a body of more is refused unparsed. */
  maxValues: number;
  /** Longest `event_id`, characters; printable ASCII only. */
  maxEventIdLength: number;
  /** Longest `user_id`, `device_id` or `client_event`, characters; none of them a control character. */
  maxNameLength: number;
  /** Longest `page_url` or `referrer`, characters. */
  maxUrlLength: number;
  /** Longest `page_title` or `user_agent`, characters. */
  maxTextLength: number;
  /** Most entries of `properties`. */
  maxProperties: number;
  /** Longest key of `properties`, characters. */
  maxPropertyKeyLength: number;
  /** Longest value of `properties` as text, characters. */
  maxPropertyValueLength: number;
  /** Oldest `client_timestamp`, milliseconds before arrival. Deduplication remembers ids this long. */
  maxAgeMs: number;
  /** Furthest `client_timestamp` in the future, milliseconds after arrival. */
  maxAheadMs: number;
}

/** The limits in force. */
export const limits: Limits = {
  maxBodyBytes: 1_048_576,
  maxExpandedBytes: 5_242_880,
  maxEvents: 1_000,
  maxEventBytes: 32_768,
  maxDepth: 32,
  maxKeys: 256,
  maxValues: 25_000,
  maxEventIdLength: 64,
  maxNameLength: 128,
  maxUrlLength: 2_048,
  maxTextLength: 512,
  maxProperties: 64,
  maxPropertyKeyLength: 64,
  maxPropertyValueLength: 1_024,
  maxAgeMs: 7 * 24 * 60 * 60 * 1000,
  maxAheadMs: 10 * 60 * 1000,
};
