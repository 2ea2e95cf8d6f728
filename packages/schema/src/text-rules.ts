/**
 * Controls (C0, DEL, C1) and the marks that turn the direction of text around, as ranges of a regular expression's class:
 * nobody types them, and they hide what a name says.
 */
export const controlRanges = String.raw`\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069`;

/** Source of the regular expression of a time as text, which the JSON schema says too. */
export const isoTimePattern = String.raw`^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?$`;
