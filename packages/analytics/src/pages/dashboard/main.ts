import '../../dashboard/define-elements.ts';
import '../../page/define-nav.ts';
