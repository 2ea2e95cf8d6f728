import '../../dashboard/define-elements.ts';
import '../../page/define-nav.ts';
// Named here so that its file is in the page's preload list: the database is asked for as soon as this has run.
import '../../own-bundle.ts';
