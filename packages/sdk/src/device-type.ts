/** Kind of the device, by what the browser calls itself. iPadOS says Macintosh and has touch. */
export function deviceType(): 'mobile' | 'tablet' | 'computer' {
  const { userAgent, maxTouchPoints } = navigator;
  if (/iPad|Tablet|Android(?!.*Mobile)/.test(userAgent) || (/Macintosh/.test(userAgent) && maxTouchPoints > 1))
    return 'tablet';
  return /Mobi/.test(userAgent) ? 'mobile' : 'computer';
}
